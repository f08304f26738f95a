"""What a profile itself says of how to reach the person: pure reading of bio, link and name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from chalicelib.matching.labels import canonical
from chalicelib.profile import Profile
from chalicelib.upstreams.contacts import Email, Found, LinkedIn, Person
from chalicelib.upstreams.domains import own_domain
from chalicelib.upstreams.linkedin import page_in

NAME = "x_profile"
"""The provider of what people state themselves."""

_LOCAL = r"[A-Za-z0-9](?:[\w.+-]*[\w+-])?"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]*"
_OPEN, _CLOSE = r"\s*[\[({<]\s*", r"\s*[\])}>]\s*"
_PLAIN_DOT = r"\."
_HIDDEN_DOT = rf"(?:{_OPEN}(?:dot|punto|\.){_CLOSE}|\s+dot\s+)"
_AT_IN_BRACKETS = rf"{_OPEN}(?:at|arroba|@){_CLOSE}"
_BEGIN, _END = r"(?<![\w.+@/-])", r"(?![\w-])"

_WRITTEN = re.compile(rf"{_BEGIN}({_LOCAL})@({_LABEL}(?:\.{_LABEL})+){_END}", re.ASCII)
_HIDDEN = re.compile(
    rf"{_BEGIN}({_LOCAL}){_AT_IN_BRACKETS}"
    rf"({_LABEL}(?:(?:{_PLAIN_DOT}|{_HIDDEN_DOT}){_LABEL})+){_END}",
    re.ASCII | re.IGNORECASE,
)
_LOUD = re.compile(rf"{_BEGIN}({_LOCAL})\s+AT\s+({_LABEL}(?:\s+DOT\s+{_LABEL})+){_END}", re.ASCII)
_TOLD = re.compile(
    rf"(?:mail|contact|reach me|write)\W+(?:me\W+|to\W+|at\W+)*"
    rf"({_LOCAL})\s+at\s+({_LABEL}(?:\s+dot\s+{_LABEL})+){_END}",
    re.ASCII | re.IGNORECASE,
)
_DOTS = re.compile(_HIDDEN_DOT, re.ASCII | re.IGNORECASE)
_FEDIVERSE = re.compile(
    r"mastodon|mstdn|\bmas\.to|fosstodon|hachyderm|infosec\.exchange|\bbsky\.|misskey|threads\.net"
)
"""Handles there look like addresses: user@mastodon.social."""

_LINK = re.compile(
    r"(?<![@\w.])(?:(?:https?://|www\.)\S+|(?:[\w-]+\.)+(?:com|org|net|io|co|ai|dev|app)\b)",
    re.ASCII | re.IGNORECASE,
)
"""A bare host only under a well-known ending: Node.js and St.Louis are none."""

_NOT_THEIRS = re.compile(
    r"(?:^|\.)(?:x|twitter|t|linkedin|facebook|instagram|tiktok|youtube|youtu|reddit|threads)"
    r"\.(?:com|co|be|net)$"
)
"""Networks that show a robot nothing, or that page_in reads from the link itself."""

_NAME_ENDS = re.compile(r"[|,(\[{/•·:]|\s[-–—@&+]\s?|@")
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:['’-][^\W\d_]+)*")
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "sir", "md", "phd", "mba", "jr", "sr", "the"})


def found_in(profile: Profile) -> Found:
    """The LinkedIn page and the e-mail address that the person states.

    The address is `likely`: its owner gives it, but nobody tried whether mail arrives.
    """
    page, address = page_in(_text(profile)), address_in(_text(profile))
    return Found(
        linkedin=LinkedIn(page, "high", NAME) if page else None,
        email=Email(address, "likely", NAME) if address else None,
    )


def person_of(profile: Profile) -> Person:
    """What the profile gives a provider to search by."""
    return Person(
        handle=profile.handle,
        name=name_in(profile.name or ""),
        domain=domain_in(profile),
        linkedin_url=page_in(_text(profile)),
        site=site_of(profile),
    )


def address_in(text: str) -> str | None:
    """The first e-mail address, also one hidden from robots: `name [at] site dot com`."""
    return next(addresses_in(text), None)


def addresses_in(text: str) -> Iterator[str]:
    """All e-mail addresses, those that are written plainly first."""
    plain = unicodedata.normalize("NFKC", text)
    for form in (_WRITTEN, _HIDDEN, _LOUD, _TOLD):
        for found in form.finditer(plain):
            local, written_host = found.groups()
            host = _DOTS.sub(".", written_host)
            if form is _HIDDEN and host == written_host and canonical("job_role", local):
                continue  # "Founder (at) acme.com" tells a job
            if address := _valid(f"{local}@{host}"):
                yield address


def site_of(profile: Profile) -> str | None:
    """The page that the profile links to, else the first that its bio names; over https."""
    links = [profile.url or "", *_LINK.findall(profile.bio or "")]
    for link in filter(None, links):
        bare = re.sub(r"^https?://", "", link.strip().rstrip(".,;)"), flags=re.IGNORECASE)
        host = bare.partition("/")[0].lower()
        if "." in host and not _NOT_THEIRS.search(host):
            return f"https://{bare}"
    return None


def domain_in(profile: Profile) -> str | None:
    """The domain of the person's own site: the profile's link, a link in the bio, the address."""
    if domain := own_domain(profile.url):
        return domain
    for link in _LINK.findall(profile.bio or ""):
        if domain := own_domain(link):
            return domain
    address = address_in(profile.bio or "")
    return own_domain(address.partition("@")[2]) if address else None


def name_in(text: str) -> tuple[str, str] | None:
    """First and last name of a display name, None where it gives only one or none."""
    head = _NAME_ENDS.split(unicodedata.normalize("NFKC", text), maxsplit=1)[0]
    names = [
        word for word in _NAME_WORD.findall(head) if len(word) > 1 and word.lower() not in _TITLES
    ]
    return (names[0], names[-1]) if 2 <= len(names) <= 4 else None


def _text(profile: Profile) -> str:
    return f"{profile.bio or ''}\n{profile.url or ''}"


def _valid(address: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    if _FEDIVERSE.search(address.lower().partition("@")[2]):
        return None
    try:
        return validate_email(address.lower(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None
