"""Prospeo: a person by LinkedIn page, or by name and domain, with a verified e-mail address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.upstreams import Errand, Row, as_row
from chalicelib.upstreams.contacts import (
    EMAIL,
    LINKEDIN,
    Email,
    EmailMode,
    Found,
    LinkedIn,
    Output,
    Person,
    address_of,
)
from chalicelib.upstreams.domains import own_domain
from chalicelib.upstreams.errors import Missing, OutOfCredits, Refused, UpstreamFault
from chalicelib.upstreams.linkedin import page_in

if TYPE_CHECKING:
    from chalicelib.upstreams.transport import Transport

NAME = "prospeo"
NAMED_FAULTS: Mapping[str, type[UpstreamFault]] = {
    "no_match": Missing,
    "insufficient_credits": OutOfCredits,
    "invalid_api_key": Refused,
}
"""All of them come with 400."""


class Prospeo:
    """The last one asked. A match is charged once; the same again is free."""

    name = NAME
    finds: frozenset[Output] = frozenset({LINKEDIN, EMAIL})
    verifies = True

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def can_look_for(self, person: Person) -> bool:
        """A LinkedIn page, or a name and a domain."""
        return bool(person.linkedin_url or (person.name and person.domain))

    def find(self, person: Person, mode: EmailMode, errand: Errand) -> Found:
        """Enrich one person. Raises Missing when nobody matches."""
        body = {"only_verified_email": mode == "verified", "data": _known(person)}
        answer = as_row(self._transport.post("/enrich-person", {}, body, errand=errand).body)
        found = as_row(answer.get("person"))
        page = page_in(found.get("linkedin_url"))
        return Found(
            linkedin=LinkedIn(page, "medium", NAME) if page else None,
            email=_email(as_row(found.get("email"))),
            domain=own_domain(as_row(answer.get("company")).get("website")),
        )


def _known(person: Person) -> dict[str, str]:
    known = {"linkedin_url": person.linkedin_url} if person.linkedin_url else {}
    if person.name and person.domain:
        first, last = person.name
        known |= {"first_name": first, "last_name": last, "company_website": person.domain}
    return known


def _email(email: Row) -> Email | None:
    address, status = address_of(email.get("email")), email.get("status")
    if address is None or status == "UNAVAILABLE":
        return None
    return Email(address, "verified" if status == "VERIFIED" else "unverified", NAME)
