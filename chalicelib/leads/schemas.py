"""Leads on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from chalicelib.http.schema import (
    Id,
    Input,
    Instant,
    Output,
    QueryFlag,
    QueryId,
    QueryNumber,
    Time,
    absent,
    fault,
)
from chalicelib.leads.table import LeadItem
from chalicelib.profile import Profile as XProfile

Confidence = Literal["high", "medium"]


class LeadsQuery(Input):
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

    @model_validator(mode="after")
    def _goes_together(self) -> LeadsQuery:
        if self.cursor is not None and self.offset is not None:
            raise fault("cursor", "does not go together with offset")
        if self.include_unmatched and self.match_confidence is not None:
            raise fault("includeUnmatched", "does not go together with matchConfidence")
        return self

    def filters(self) -> dict[str, Any]:
        """What a cursor is bound to: everything but the paging."""
        return self.model_dump(mode="json", exclude={"limit", "offset", "cursor", "summary"})


class LeadProfile(Output):
    """The person, as last judged."""

    x_user_id: str
    handle: str
    display_name: str | None
    profile_image_url: str | None
    follower_count: int | None
    bio: str | None


class Lead(Output):
    """A discovered profile that survived the bot filter."""

    id: Id
    stream_id: Id
    tracked_x_account_id: Id
    segment_id: Id | None
    match_confidence: str | None
    source_type: str
    discovered_at: Time
    exported_at: Time | None
    profile: LeadProfile
    reasons: list[str]
    labels: dict[str, list[str]]
    gender: str
    follower_count_tier: str | None
    feedback: dict[str, Any] | None
    enrichment: dict[str, Any] | None


class LeadList(Output):
    """A page of leads, newest first. `total` counts all that the filters select."""

    leads: list[Lead]
    total: int
    has_more: bool
    next_cursor: str | None


class LeadSummary(Output):
    """Counts alone, under the same filters."""

    high_fit_count: int
    medium_fit_count: int


def shown(item: LeadItem) -> Lead:
    """A stored lead as the wire shows it."""
    profile = XProfile.from_dict(item.profile)
    return Lead(
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
        feedback=item.feedback,
        enrichment=item.enrichment,
    )
