"""Segments on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator

from chalicelib.http.schema import Id, Input, Output, QueryFlag, Storable, Time, named

Gender = Literal["female", "male"]
FollowerTier = Literal["under_1k", "1k_to_10k", "10k_to_100k", "100k_to_1m", "over_1m"]
Label = Annotated[str, Field(min_length=1, max_length=100), Storable]
Labels = Annotated[list[Label], Field(max_length=50)]
Name = Annotated[str, Field(min_length=1, max_length=120), Storable]


class AppliedSearchFilters(Input):
    """Labels by category; each list means "any of these"."""

    model_config = ConfigDict(alias_generator=None)

    job_role: Labels = Field(default_factory=list)
    skill: Labels = Field(default_factory=list)
    industry: Labels = Field(default_factory=list)
    personality: Labels = Field(default_factory=list)


class SegmentCreate(Input):
    """A new segment: what it looks for, in words and in filters."""

    description: Annotated[str, Field(min_length=1, max_length=2000), Storable]
    name: Name | None = None
    gender_values: list[Gender] = Field(default_factory=list)
    applied_search_filters: AppliedSearchFilters = Field(default_factory=AppliedSearchFilters)
    follower_count_tiers: list[FollowerTier] = Field(default_factory=list)

    @field_validator("description")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must not be blank")
        return value


class SegmentOut(Output):
    """A segment as streams show it."""

    id: Id
    user_facing_id: str
    name: str | None
    description: str
    gender_values: list[Annotated[str, named(Gender)]]
    applied_search_filters: dict[str, list[str]]
    follower_count_tiers: list[Annotated[str, named(FollowerTier)]]
    created_at: Time
    updated_at: Time


class LinkedSegment(SegmentOut):
    """A segment with the number of streams, not archived, whose pairs use it."""

    linked_stream_count: int


class SegmentList(Output):
    """All segments, newest first."""

    segments: list[LinkedSegment]


class SegmentsQuery(Input):
    """`excludeArchived` hides segments that only archived streams use."""

    exclude_archived: QueryFlag = True


class SegmentCreated(Output):
    """The ids of a new segment."""

    id: Id
    user_facing_id: str


class Vocabulary(Output):
    """Every label that filters may name, in its canonical spelling, by category."""

    labels: dict[str, list[str]]


def user_facing_id(segment_id: int) -> str:
    """The id that people see: `seg_77`."""
    return f"seg_{segment_id}"


def shown(item: Any) -> SegmentOut:
    """A stored segment as the wire shows it."""
    return SegmentOut(
        id=item.segment_id,
        user_facing_id=user_facing_id(item.segment_id),
        name=item.name,
        description=item.description,
        gender_values=item.gender_values,
        applied_search_filters=item.labels,
        follower_count_tiers=item.follower_tiers,
        created_at=item.created_at,
        updated_at=item.created_at,
    )
