"""Streams on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    EmailStr,
    Field,
    WithJsonSchema,
    model_validator,
)

from chalicelib.billing.plans import Tier
from chalicelib.http.schema import Id, Input, Output, QueryFlag, Storable, Time, absent, fault
from chalicelib.scheduling.rules import is_timezone
from chalicelib.segments.schemas import Name, SegmentCreate, SegmentOut

Handle = Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_]{1,15}$")]
Digest = Literal["after_every_sync", "daily", "weekly", "off"]
Destination = Literal["leads_only", "leads_plus_webhook"]
BillingDelta = Literal["stripe_quantity_incremented", "unused_slot_used", "none"]
EmailMode = Literal["verified", "any"]


def _distinct(times: list[str]) -> list[str]:
    if len(set(times)) < len(times):
        raise ValueError("must not name a time twice")
    return sorted(times)


def _zone(name: str) -> str:
    if not is_timezone(name):
        raise ValueError("must be an IANA time zone, such as Europe/Lisbon")
    return name


SyncTimes = Annotated[
    list[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):(00|15|30|45)$")]],
    Field(max_length=96),
    AfterValidator(_distinct),
]
Timezone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Recipients(Input):
    """Who gets a run's new leads as a file by mail; at most ten addresses in all."""

    to: Annotated[
        list[EmailStr],
        Field(min_length=1),
        BeforeValidator(_listed),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "array", "items": {"type": "string", "format": "email"}},
                    {"type": "string", "format": "email"},
                ]
            }
        ),
    ]
    cc: list[EmailStr] = Field(default_factory=list)
    format: Literal["csv", "xlsx"]

    @model_validator(mode="after")
    def _at_most_ten(self) -> Recipients:
        if len(self.to) + len(self.cc) > 10:
            raise ValueError("must not name more than 10 addresses")
        return self

    def stored(self) -> dict[str, object]:
        """The recipients as they are kept and answered."""
        return {"to": self.to, **({"cc": self.cc} if self.cc else {}), "format": self.format}


class Pair(Input):
    """An account and a segment, each named by id or given anew."""

    account_id: Id = absent()
    account_handle: Handle = absent()
    account_tier: Tier = "starter"
    segment_id: Id = absent()
    segment: SegmentCreate = absent()

    @model_validator(mode="after")
    def _one_of_each(self) -> Pair:
        faults = []
        if (self.account_id is None) == (self.account_handle is None):
            faults.append("exactly one of accountId and accountHandle")
        if (self.segment_id is None) == (self.segment is None):
            faults.append("exactly one of segmentId and segment")
        if faults:
            raise ValueError(f"must name {' and '.join(faults)}")
        return self


class StreamCreate(Input):
    """A stream with its accounts and its segment, in one call."""

    pairs: Annotated[list[Pair], Field(min_length=1, max_length=50)]
    name: Name = absent()
    sync_times: SyncTimes = absent()
    timezone: Timezone = absent()
    auto_enrich_linkedin: bool = False
    auto_enrich_email: bool = False
    email_mode: EmailMode = "any"
    email_digest_override: Digest | None = None
    telegram_override: bool | None = None
    delivery_destination: Destination = "leads_only"
    webhook_url: Annotated[str, Field(max_length=2048), Storable] | None = None
    csv_email_recipients: Recipients | None = None
    run_now: bool = False

    @model_validator(mode="after")
    def _webhook_has_url(self) -> StreamCreate:
        if self.delivery_destination == "leads_plus_webhook" and self.webhook_url is None:
            raise fault("webhookUrl", "is required with leads_plus_webhook")
        return self


class AccountUsed(Output):
    """What a request did to an account that it names."""

    handle: str
    account_id: Id
    account_created: bool
    billing_delta: BillingDelta


class SegmentUsed(Output):
    """What a request did to a segment that it names."""

    segment_id: Id
    segment_created: bool


class RunQueued(Output):
    """A run that was started for a pair."""

    tracked_account_id: Id
    sync_run_id: Id


class RunSkipped(Output):
    """A pair for which nothing was started, and why."""

    tracked_account_id: Id
    reason: Literal["account_sleeping", "already_running", "budget_exhausted"]


class RunStarted(Output):
    """What became of each pair."""

    queued: list[RunQueued]
    skipped: list[RunSkipped]


class StreamCreated(Output):
    """A new stream. `webhookSecret` and `run` are there only when asked for."""

    id: Id
    accounts: list[AccountUsed]
    segments: list[SegmentUsed]
    webhook_secret: str = ""
    run: RunStarted | None = None


class PairOut(Output):
    """An account of a stream with its segment."""

    id: Id
    account_id: Id
    account_handle: str
    account_tier: str
    segment_id: Id
    segment: SegmentOut


class LeadCounts(Output):
    """Leads of a stream; high and medium count exported ones too."""

    high: int
    medium: int
    exported: int


class LastRun(Output):
    """The newest run of a stream."""

    id: Id
    status: str
    completed_at: Time | None


class Stream(Output):
    """A stream with its whole configuration."""

    id: Id
    name: str
    is_active: bool
    is_archived: bool
    sync_times: list[str]
    timezone: str
    auto_enrich_linkedin: bool
    auto_enrich_email: bool
    email_mode: str
    email_digest_override: str | None
    telegram_override: bool | None
    delivery_destination: str
    webhook_url: str | None
    csv_email_recipients: dict[str, object] | None
    pairs: list[PairOut]
    pair_count: int
    lead_counts: LeadCounts
    next_run_at: Time | None
    last_run: LastRun | None
    created_at: Time
    updated_at: Time


class StreamList(Output):
    """Streams, newest first."""

    streams: list[Stream]


class StreamFound(Output):
    """One stream."""

    stream: Stream


class StreamsQuery(Input):
    """`includeArchived` adds archived streams."""

    include_archived: QueryFlag = False
