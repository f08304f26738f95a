"""Look-ups on the wire: enrichments by handle or id, their history, segments from a description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from chalicelib.enrichment.enriching import Wanted
from chalicelib.enrichment.schemas import EnrichRequest, Result
from chalicelib.http.related import Clash, Given, Related, one_of
from chalicelib.http.schema import (
    Id,
    Input,
    Output,
    QueryNumber,
    Storable,
    Time,
    absent,
    exactly_one,
    named,
)
from chalicelib.segments.schemas import FollowerTier, Gender, Name
from chalicelib.streams.inputs import Handle
from chalicelib.upstreams import contacts
from chalicelib.upstreams.contacts import EMAIL, EmailMode


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Description = Annotated[
    str, Field(min_length=1, max_length=2000), Storable, AfterValidator(_not_blank)
]
XProfileId = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


class Whom(Related):
    """A person on X: exactly one of handle and id."""

    model_config = ConfigDict(
        alias_generator=None, json_schema_extra=exactly_one(("x_handle", "x_profile_id"))
    )

    x_handle: Handle = absent()
    x_profile_id: XProfileId = absent()

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """Nobody is named, or perhaps two are."""
        if not one_of(given, "x_handle", "x_profile_id"):
            yield "x_handle", "must be given, or x_profile_id, but not both"


class LookupEnrich(Whom, EnrichRequest):
    """Find contacts of a person who need not be a lead."""


class LookupEmail(Whom):
    """Find the e-mail address of a person."""

    email_mode: EmailMode = "any"

    def wanted(self) -> Wanted:
        """The request as the service takes it."""
        return Wanted((EMAIL,), self.email_mode)


class HistoryQuery(Related):
    """Paging of a history."""

    limit: Annotated[QueryNumber, Field(ge=1, le=500)] = 100
    offset: Annotated[QueryNumber, Field(ge=0, le=10_000)] = absent()
    cursor: Annotated[str, Field(min_length=1, max_length=2000)] = absent()

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """Two places to begin at."""
        if given.keys() >= {"cursor", "offset"}:
            yield "cursor", "does not go together with offset"


class LookupShown(Output):
    """One answered call."""

    model_config = ConfigDict(alias_generator=None)

    id: Id
    x_handle: str
    x_profile_id: str
    requested_outputs: list[contacts.Output]
    result: Result
    credits_spent: int
    created_at: Time


class LookupHistory(Output):
    """A page of a history, newest first. `total` counts all of it."""

    items: list[LookupShown]
    total: int
    has_more: bool
    next_cursor: str | None


class SegmentDescription(Input):
    """What a segment is to look for, in natural language."""

    description: Description
    name: Name | None = None
    dry_run: bool = False


class SegmentRead(Output):
    """What was read from a description."""

    name: str | None
    description: str
    gender_values: list[Annotated[str, named(Gender)]]
    applied_search_filters: dict[str, list[str]]
    follower_count_tiers: list[Annotated[str, named(FollowerTier)]]


class SegmentUnderstood(Output):
    """The segment, the words without a meaning here, and its ids unless it was a dry run."""

    id: Id = absent()
    user_facing_id: str = absent()
    segment: SegmentRead
    unmatched: list[str]
