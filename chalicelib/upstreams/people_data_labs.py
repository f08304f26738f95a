"""People Data Labs: who stands behind an X handle, with LinkedIn page and e-mail addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.upstreams import Errand, Row, as_count, as_row
from chalicelib.upstreams.contacts import (
    EMAIL,
    LINKEDIN,
    Confidence,
    Email,
    EmailMode,
    Found,
    LinkedIn,
    Output,
    Person,
    address_of,
)
from chalicelib.upstreams.domains import own_domain
from chalicelib.upstreams.errors import Down
from chalicelib.upstreams.linkedin import page_in

if TYPE_CHECKING:
    from chalicelib.upstreams.transport import Transport

NAME = "people_data_labs"
LEAST_LIKELIHOOD = 4
"""Of 1 to 10. Below it the vendor's matches are more often wrong than a caller would pay for."""
SURE_LIKELIHOOD = 8


class PeopleDataLabs:
    """Takes the X handle itself. It knows of no address whether mail arrives."""

    name = NAME
    finds: frozenset[Output] = frozenset({LINKEDIN, EMAIL})
    verifies = False

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def can_look_for(self, person: Person) -> bool:
        """The handle is enough."""
        return bool(person.handle)

    def find(self, person: Person, mode: EmailMode, errand: Errand) -> Found:  # noqa: ARG002
        """Match the handle. Raises Missing when nobody matches, which is free of charge."""
        params: Mapping[str, str | int] = {
            "profile": f"twitter.com/{person.handle}",  # the vendor's data knows no x.com
            "min_likelihood": LEAST_LIKELIHOOD,
        }
        body = as_row(self._transport.get("/v5/person/enrich", params, errand=errand).body)
        if body.get("status", 200) != 200:
            raise Down(NAME, f"200 that says {body['status']}")
        data = as_row(body.get("data"))
        sure = (as_count(body.get("likelihood")) or 0) >= SURE_LIKELIHOOD
        return Found(
            linkedin=_linkedin(data, "high" if sure else "medium"),
            email=_email(data),
            domain=own_domain(data.get("job_company_website")),
        )


def _linkedin(data: Row, confidence: Confidence) -> LinkedIn | None:
    page = page_in(data.get("linkedin_url"))
    return LinkedIn(page, confidence, NAME) if page else None


def _email(data: Row) -> Email | None:
    """The address for work before a private one. Plans that hide addresses answer `true`."""
    known: list[Any] = [data.get("work_email"), data.get("recommended_personal_email")]
    for many in ("emails", "personal_emails"):
        rows = data.get(many)
        known += rows if isinstance(rows, list) else []
    for each in known:
        address = address_of(each.get("address") if isinstance(each, dict) else each)
        if address is not None:
            return Email(address, "unverified", NAME)
    return None
