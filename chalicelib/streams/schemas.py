"""Streams as answers show them."""

from __future__ import annotations

from typing import Annotated, Literal

from chalicelib.billing.plans import Tier
from chalicelib.http.schema import Id, Output, Time, named
from chalicelib.notifications.schemas import Digest
from chalicelib.segments.schemas import SegmentOut
from chalicelib.streams.inputs import Destination, EmailMode

RunStatus = Literal["queued", "running", "succeeded", "failed"]
BillingDelta = Literal["stripe_quantity_incremented", "unused_slot_used", "none"]


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


class PairsDiff(Output):
    """What a new list of pairs brought to a stream that it did not have before."""

    added_accounts: list[AccountUsed]
    added_segments: list[SegmentUsed]


class StreamChanged(Output):
    """A changed stream. `pairsDiff` and `webhookSecret` are there only when these were set."""

    id: Id
    pairs_diff: PairsDiff | None = None
    webhook_secret: str = ""


class StreamArchived(Output):
    """A stream that is archived."""

    archived: Literal[True]


class PairOut(Output):
    """An account of a stream with its segment."""

    id: Id
    account_id: Id
    account_handle: str
    account_tier: Annotated[str, named(Tier)]
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
    status: Annotated[str, named(RunStatus)]
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
    email_mode: Annotated[str, named(EmailMode)]
    email_digest_override: Annotated[str, named(Digest)] | None
    telegram_override: bool | None
    delivery_destination: Annotated[str, named(Destination)]
    webhook_url: str | None
    csv_email_recipients: dict[str, object] | None
    pairs: list[PairOut]
    pair_count: int
    lead_counts: LeadCounts
    precision: float | None
    """Good verdicts among all that were given on its leads, 0 to 1; null before the first."""
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
