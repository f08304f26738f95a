"""Hunter: the e-mail address that goes with a name and a domain, or with a LinkedIn page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.upstreams import Errand, Row, as_row
from chalicelib.upstreams.contacts import (
    EMAIL,
    Email,
    EmailMode,
    EmailStatus,
    Found,
    LinkedIn,
    Output,
    Person,
    address_of,
)
from chalicelib.upstreams.errors import (
    Claimed,
    Down,
    Missing,
    OutOfCredits,
    RateLimited,
    UpstreamFault,
)
from chalicelib.upstreams.linkedin import page_in, slug_of

if TYPE_CHECKING:
    from chalicelib.upstreams.transport import Transport

NAME = "hunter"
STATUSES: Mapping[int, type[UpstreamFault]] = {403: RateLimited, 429: OutOfCredits, 451: Claimed}
"""Hunter's own reading: 403 is "too fast", 429 "the plan is used up", 451 "the person asked us"."""
LONGEST_SEARCH = 10
"""Seconds that Hunter may look; it allows 3 to 20."""

_OURS: Mapping[str, EmailStatus] = {
    "valid": "verified",
    "accept_all": "accept_all",
    "unknown": "unverified",
    "webmail": "unverified",
}
_DEAD = frozenset({"invalid", "disposable"})


class Hunter:
    """Finds the address for work."""

    name = NAME
    finds: frozenset[Output] = frozenset({EMAIL})
    verifies = True

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def can_look_for(self, person: Person) -> bool:
        """A name and a domain, or a LinkedIn page."""
        return bool(person.linkedin_url or (person.name and person.domain))

    def find(self, person: Person, mode: EmailMode, errand: Errand) -> Found:  # noqa: ARG002
        """Find one address. Raises Claimed when the person had it removed (451)."""
        params = {**_known(person), "max_duration": LONGEST_SEARCH}
        answer = self._transport.get("/v2/email-finder", params, errand=errand)
        body = as_row(answer.body)
        if body.get("errors"):
            raise Down(NAME, "200 with errors in it")
        data = as_row(body.get("data"))
        theirs = str(data.get("twitter") or "").removeprefix("@").lower()
        if theirs and theirs != person.handle.lower():
            raise Missing(NAME, "the address belongs to another X account")
        page = page_in(data.get("linkedin_url"))
        return Found(
            linkedin=LinkedIn(page, "high" if theirs else "medium", NAME) if page else None,
            email=_email(data),
        )


def _known(person: Person) -> dict[str, str | int]:
    if person.name and person.domain:
        first, last = person.name
        return {"domain": person.domain, "first_name": first, "last_name": last}
    return {"linkedin_handle": slug_of(person.linkedin_url or "")}


def _email(data: Row) -> Email | None:
    """A miss is a 200 without an address; an address that bounces is a miss as well."""
    address = address_of(data.get("email"))
    status = as_row(data.get("verification")).get("status")
    if address is None or status in _DEAD:
        return None
    return Email(address, _OURS.get(str(status), "unverified"), NAME)
