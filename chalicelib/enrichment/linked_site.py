"""What the site says that a profile links to: an address, a LinkedIn page. Free, and asked first.

A page may name many people. Of several addresses or pages only one that bears the person's name is
taken; where there is only one, it is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol
from urllib.parse import unquote, urljoin

from chalicelib.enrichment.pages import Page, read
from chalicelib.enrichment.stated import address_in, addresses_in
from chalicelib.open_web.addresses import Unsafe
from chalicelib.open_web.client import Answer, Unreachable
from chalicelib.upstreams import Errand
from chalicelib.upstreams.contacts import (
    EMAIL,
    LINKEDIN,
    Email,
    EmailMode,
    Found,
    LinkedIn,
    Output,
    Person,
)
from chalicelib.upstreams.errors import Missing
from chalicelib.upstreams.linkedin import page_in, slug_of

NAME = "linked_site"
HOPS = 3
"""Redirects that are followed; each address is checked anew."""
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
_READ = ("text/html", "application/xhtml+xml", "text/plain")
_HEADERS = {"user-agent": "ctgo/2", "accept": "text/html, text/plain;q=0.5"}
_MAILTO = "mailto:"
_SHORTEST_NAME = 3
_WORD = re.compile(r"[^\W\d_]+")


class Web(Protocol):
    """Fetches a page from an address that somebody else chose."""

    def request(self, method: str, url: str, *, headers: dict[str, str]) -> Answer:
        """Raises Unsafe and Unreachable."""


class LinkedSite:
    """Reads one page: the profile's link."""

    name = NAME
    finds: frozenset[Output] = frozenset({LINKEDIN, EMAIL})
    verifies = False

    def __init__(self, web: Web) -> None:
        self._web = web

    def can_look_for(self, person: Person) -> bool:
        """Whether the profile links to a page."""
        return person.site is not None

    def find(self, person: Person, mode: EmailMode, errand: Errand) -> Found:  # noqa: ARG002
        """Read the page. Raises Missing when it cannot be read: that is no fault of anybody's."""
        page = read(self._fetched(person.site or ""))
        address = _only(_addresses(page), person, lambda each: each.partition("@")[0])
        linkedin = _only(_linkedin_pages(page), person, slug_of)
        return Found(
            linkedin=LinkedIn(linkedin, "medium", NAME) if linkedin else None,
            email=Email(address, "likely", NAME) if address else None,
        )

    def _fetched(self, url: str) -> str:
        for _ in range(HOPS + 1):
            try:
                answer = self._web.request("GET", url, headers=_HEADERS)
            except (Unsafe, Unreachable) as fault:
                raise Missing(NAME, type(fault).__name__) from None
            if answer.status not in _ELSEWHERE:
                break
            url = _next(url, answer.headers.get("location", ""))
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if answer.status != 200 or kind not in _READ:
            raise Missing(NAME, f"{answer.status} {kind}")
        return answer.body.decode("utf-8", "replace")


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Missing(NAME, "a redirect to nowhere") from None


def _addresses(page: Page) -> list[str]:
    """Those that links write to, then those that stand in the text."""
    mailed = (
        address_in(unquote(link[len(_MAILTO) :].partition("?")[0]))
        for link in page.links
        if link.lower().startswith(_MAILTO)
    )
    found = [each for each in mailed if each]
    return _distinct([*found, *addresses_in(" ".join(page.words))])


def _linkedin_pages(page: Page) -> list[str]:
    pages = map(page_in, [*page.links, *page.words])
    return _distinct(each for each in pages if each)


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _only(values: Sequence[str], person: Person, named_in: Callable[[str], str]) -> str | None:
    """The value that bears the person's name; without one, the only value there is."""
    names = {part for part in _parts(person) if len(part) >= _SHORTEST_NAME}
    bearing = [each for each in values if names & set(_WORD.findall(named_in(each).lower()))]
    chosen = bearing or values
    return chosen[0] if len(chosen) == 1 else None


def _parts(person: Person) -> list[str]:
    return _WORD.findall(" ".join([*(person.name or ()), person.handle]).lower())
