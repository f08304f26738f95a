"""Streams at rest: the configuration in one row, the counts that runs change in another."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import db
from chalicelib.workspace import WorkspaceItem, row_key

KIND = "stream"
STATS = "stats"


class PairMap(MapAttribute[str, object]):
    """An account of the stream. Handle and tier are copies that change with the account."""

    pair_id = db.IntegerAttribute()
    account_id = db.IntegerAttribute()
    handle = UnicodeAttribute()
    tier = UnicodeAttribute()
    segment_id = db.IntegerAttribute()
    created_at = UTCDateTimeAttribute()


class StreamItem(WorkspaceItem, discriminator=KIND):
    """A campaign: pairs and the configuration that they share."""

    stream_id = db.IntegerAttribute()
    name = UnicodeAttribute()
    is_active = BooleanAttribute(default=True)
    is_archived = BooleanAttribute(default=False)
    sync_times = JSONAttribute(default=list)
    timezone = UnicodeAttribute(default="UTC")
    auto_enrich_linkedin = BooleanAttribute(default=False)
    auto_enrich_email = BooleanAttribute(default=False)
    email_mode = UnicodeAttribute(default="any")
    email_digest_override = UnicodeAttribute(null=True)
    telegram_override = BooleanAttribute(null=True)
    delivery_destination = UnicodeAttribute(default="leads_only")
    webhook_url = UnicodeAttribute(null=True)
    webhook_secret = UnicodeAttribute(null=True)
    former_webhook_secret = UnicodeAttribute(null=True)
    former_webhook_secret_until = UTCDateTimeAttribute(null=True)
    """Until then the secret before the last rotation signs as well."""
    webhook_off_at = UTCDateTimeAttribute(null=True)
    """When its address was given up last: what was decided by then does not end it once more."""
    csv_email_recipients = JSONAttribute(null=True)
    pairs: ListAttribute[PairMap] = ListAttribute(of=PairMap, default=list)
    segments = db.JSONByKeyAttribute(default=dict)
    """The segments of the pairs by id, whole, in the shape of `SegmentOut`: they never change."""
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    @property
    def is_automated(self) -> bool:
        """Whether schedules run it: active, not archived, with at least one sync time."""
        return bool(self.is_active and not self.is_archived and self.sync_times)

    def webhook_secrets(self, now: datetime) -> tuple[str, ...]:
        """What signs messages to its address at this instant, the newest first."""
        until, former = self.former_webhook_secret_until, self.former_webhook_secret
        known = (self.webhook_secret, former if until and now < until else None)
        return tuple(secret for secret in known if secret)

    @staticmethod
    def at(stream_id: int) -> str:
        """The range key of a stream."""
        return row_key(KIND, stream_id)


class StatsItem(WorkspaceItem, discriminator=STATS):
    """What runs and exports count of a stream; small, because every batch writes it."""

    stream_id = db.IntegerAttribute()
    high_new = db.IntegerAttribute(default=0)
    high_exported = db.IntegerAttribute(default=0)
    medium_new = db.IntegerAttribute(default=0)
    medium_exported = db.IntegerAttribute(default=0)
    good = db.IntegerAttribute(default=0)
    """How often its leads are called good, once per lead and segment."""
    bad = db.IntegerAttribute(default=0)
    last_run_id = db.IntegerAttribute(null=True)
    last_run_status = UnicodeAttribute(null=True)
    last_run_at = UTCDateTimeAttribute(null=True)
    """When the newest run completed."""

    @staticmethod
    def at(stream_id: int) -> str:
        """The range key of a stream's counts."""
        return row_key(STATS, stream_id)
