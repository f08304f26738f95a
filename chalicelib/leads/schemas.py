"""Leads on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from chalicelib.http.related import Clash, Given, Related
from chalicelib.http.schema import (
    Id,
    Instant,
    Output,
    QueryFlag,
    QueryId,
    QueryNumber,
    Storable,
    Time,
    absent,
    named,
)
from chalicelib.leads.table import LeadItem
from chalicelib.profile import Profile as XProfile
from chalicelib.segments.schemas import FollowerTier

Confidence = Literal["high", "medium"]
SourceType = Literal["new_follower", "existing_follower", "liker"]
InferredGender = Literal["female", "male", "unknown"]
Verdict = Literal["good", "bad"]
BadReason = Literal[
    "bot", "wrong_gender", "wrong_job", "wrong_skill", "wrong_personality", "zapier", "other"
]
DEFAULT_BAD_REASON: BadReason = "zapier"


class LeadsQuery(Related):
    """Filters and paging of a list of leads."""

    lifecycle: Literal["new", "exported", "all"] = "new"
    match_confidence: Confidence = absent()
    account_id: QueryId = absent()
    segment_id: QueryId = absent()
    since: Instant = absent()
    limit: Annotated[QueryNumber, Field(ge=1, le=500)] = 100
    offset: Annotated[QueryNumber, Field(ge=0, le=10_000)] = absent()
    cursor: Annotated[str, Field(min_length=1, max_length=2000)] = absent()
    summary: QueryFlag = False
    include_unmatched: QueryFlag = False

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """Two places to begin at; those who matched nothing, by how well they matched."""
        if given.keys() >= {"cursor", "offset"}:
            yield "cursor", "does not go together with offset"
        if given.get("includeUnmatched") == "true" and "matchConfidence" in given:
            yield "includeUnmatched", "does not go together with matchConfidence"

    def narrows(self) -> bool:
        """Whether a filter may leave out much of what the lifecycle selects."""
        filters = (self.account_id, self.segment_id, self.match_confidence)
        return any(each is not None for each in filters)

    def filters(self) -> dict[str, Any]:
        """What a cursor is bound to: everything but the paging."""
        return self.model_dump(
            mode="json",
            exclude={"limit", "offset", "cursor", "summary", "stream_id", "group_by"},
        )


class AllLeadsQuery(LeadsQuery):
    """Filters and paging of the leads of all streams."""

    stream_id: QueryId = absent()
    group_by: Literal["stream"] = absent()

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """Groups are neither paged nor summed up."""
        yield from super().clashes(given)
        if "groupBy" not in given:
            return
        paged = given.keys() & {"offset", "cursor"}
        summed = {"summary"} if given.get("summary") == "true" else set()
        for field in sorted(paged | summed):
            yield field, "does not go together with groupBy"


_GOOD_HAS_NO_REASON: dict[str, Any] = {
    "if": {"properties": {"feedback": {"const": "good"}}},
    "then": {"not": {"anyOf": [{"required": ["badReason"]}, {"required": ["badReasonFreeform"]}]}},
}


class FeedbackGiven(Related):
    """A verdict of the user on a lead, for one segment."""

    model_config = ConfigDict(json_schema_extra=_GOOD_HAS_NO_REASON)

    segment_id: Id
    feedback: Verdict
    bad_reason: BadReason = absent()
    bad_reason_freeform: Annotated[str, Field(max_length=500), Storable] = absent()

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """Reasons are for bad ones."""
        if given.get("feedback") == "good":
            for field in ("badReason", "badReasonFreeform"):
                if given.get(field) is not None:
                    yield field, "does not go together with good feedback"


class LeadProfile(Output):
    """The person, as last judged."""

    x_user_id: str
    handle: str
    display_name: str | None
    profile_image_url: str | None
    follower_count: int | None
    bio: str | None


class LeadFeedback(Output):
    """What the user said last about the lead."""

    segment_id: Id
    feedback: Annotated[str, named(Verdict)]
    bad_reason: Annotated[str, named(BadReason)] | None
    bad_reason_freeform: str | None


class ContactSource(Output):
    """Who said so, and when."""

    source: str
    found_at: Time


class Lead(Output):
    """A discovered profile that survived the bot filter."""

    id: Id
    stream_id: Id
    tracked_x_account_id: Id
    segment_id: Id | None
    match_confidence: Annotated[str, named(Confidence)] | None
    source_type: Annotated[str, named(SourceType)]
    discovered_at: Time
    exported_at: Time | None
    profile: LeadProfile
    reasons: list[str]
    labels: dict[str, list[str]]
    gender: Annotated[str, named(InferredGender)]
    follower_count_tier: Annotated[str, named(FollowerTier)] | None
    feedback: LeadFeedback | None
    enrichment: dict[str, Any] | None
    contact_sources: dict[str, ContactSource] = absent()
    """Of `linkedinUrl` and `email` in `enrichment`, those that are known."""


class LeadList(Output):
    """A page of leads, newest first. `total` counts all that the filters select."""

    leads: list[Lead]
    total: int
    has_more: bool
    next_cursor: str | None


class LeadGroup(Output):
    """The newest leads of one stream. `total` counts all that the filters select."""

    stream_id: Id
    stream_name: str
    leads: list[Lead]
    total: int
    has_more: bool


class LeadGroups(Output):
    """Streams with selected leads, the one with the newest lead first."""

    streams: list[LeadGroup]


class LeadSummary(Output):
    """Counts alone, under the same filters."""

    high_fit_count: int
    medium_fit_count: int


class FeedbackTaken(Output):
    """The verdict is kept."""

    ok: bool


class LeadExported(Output):
    """The lead is exported since `exportedAt`, the time of the first call."""

    ok: bool
    lead_id: Id
    exported_at: Time


SOURCES = "sources"
"""Where `LeadItem.enrichment` keeps who told what; the wire shows it beside."""


def _contacts(item: LeadItem) -> dict[str, Any] | None:
    known: dict[str, Any] | None = item.enrichment
    return known and {name: value for name, value in known.items() if name != SOURCES}


def _sources(item: LeadItem) -> dict[str, ContactSource] | None:
    """None without contacts, and for those that were found before sources were kept."""
    told = (item.enrichment or {}).get(SOURCES)
    return told and {
        name: ContactSource(source=each["source"], found_at=datetime.fromisoformat(each["foundAt"]))
        for name, each in told.items()
    }


def shown(item: LeadItem) -> Lead:
    """A stored lead as the wire shows it."""
    profile = XProfile.from_dict(item.profile)
    lead = Lead(
        id=item.lead_id,
        stream_id=item.stream_id,
        tracked_x_account_id=item.account_id,
        segment_id=item.segment_id,
        match_confidence=item.confidence,
        source_type=item.source,
        discovered_at=item.discovered_at,
        exported_at=item.exported_at,
        profile=LeadProfile(
            x_user_id=profile.id,
            handle=profile.handle,
            display_name=profile.name,
            profile_image_url=profile.image_url,
            follower_count=profile.followers,
            bio=profile.bio,
        ),
        reasons=item.reasons,
        labels=item.labels,
        gender=item.gender,
        follower_count_tier=item.follower_tier,
        feedback=_feedback(item),
        enrichment=_contacts(item),
    )
    sources = _sources(item)
    return lead.model_copy(update={"contact_sources": sources}) if sources else lead


def _feedback(item: LeadItem) -> LeadFeedback | None:
    given = item.feedback
    return None if given is None else LeadFeedback(**{k: v for k, v in given.items() if k != "at"})
