"""Runs at rest: one row per pair and trigger, under the stream, in order of trigger."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberSetAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib import clock, db

SYNC, RETEST = "sync-then-search", "re-test"
QUEUED, RUNNING, SUCCEEDED, FAILED = "queued", "running", "succeeded", "failed"


class RunsOfUser(GlobalSecondaryIndex["RunItem"]):
    """The runs of a user over all streams."""

    class Meta:
        index_name = "by-user"
        projection = AllProjection()

    user_id = db.IntegerAttribute(hash_key=True)
    run_id = db.IntegerAttribute(range_key=True)


class RunItem(db.Table):
    """One run of one pair."""

    class Meta(db.Meta):
        name = "runs"

    stream_id = db.IntegerAttribute(hash_key=True)
    run_id = db.IntegerAttribute(range_key=True)
    user_id = db.IntegerAttribute()
    stream_name = UnicodeAttribute()
    pair_id = db.IntegerAttribute()
    account_id = db.IntegerAttribute()
    handle = UnicodeAttribute()
    segment_id = db.IntegerAttribute()
    segment_name = UnicodeAttribute()
    source = UnicodeAttribute()
    mode = UnicodeAttribute()
    status = UnicodeAttribute(default=QUEUED)
    triggered_at = UTCDateTimeAttribute()
    trigger = UnicodeAttribute()
    """What a sync's slot was taken for, shared by streams that one instant starts; for a re-test
    the billing period whose unit it took."""
    written_at = UTCDateTimeAttribute(null=True)
    """When it came to be; its trigger may lie ahead, as each of a stream has its own second. None
    for what API v1 left."""
    completed_at = UTCDateTimeAttribute(null=True)
    error = UnicodeAttribute(null=True)
    log: ListAttribute[Any] = ListAttribute(default=list)

    is_reading = BooleanAttribute(default=True)
    """Whether followers may still be handed to this run."""
    open = NumberSetAttribute(null=True)
    """Batches that were handed to this run and are not judged yet."""

    new_followers = db.IntegerAttribute(default=0)
    expected = db.IntegerAttribute(null=True)
    seen = db.IntegerAttribute(default=0)
    """People that it read; for a re-test, people that it judged again."""
    is_complete = BooleanAttribute(default=False)
    provider = UnicodeAttribute(null=True)
    passed = db.IntegerAttribute(default=0)
    medium = db.IntegerAttribute(default=0)
    entered = db.IntegerAttribute(default=0)
    """People who match since this run: new leads, and unmatched ones who were found to match."""
    left = db.IntegerAttribute(default=0)
    """Leads that no longer match since this run, a re-test."""
    left_why: MapAttribute[str, int] = MapAttribute(default=dict)
    """How often they left for which reason."""
    enriching = NumberSetAttribute(null=True)
    """Batches whose new leads are being looked up."""
    enriched = db.IntegerAttribute(default=0)
    """New leads of whom contacts were found."""
    enrich_tried = db.IntegerAttribute(default=0)
    enrich_missed = db.IntegerAttribute(default=0)
    """New leads that could not be looked up."""
    is_out_of_credits = BooleanAttribute(default=False)
    """Looking up ended before all were, since the credits did."""
    skipped_bots = db.IntegerAttribute(default=0)
    bot_signals: MapAttribute[str, int] = MapAttribute(default=dict)
    """How often each signal spoke against a rejected profile."""

    model_calls = db.IntegerAttribute(default=0)
    """Calls to the language model that were asked for, those beyond the run's allowance too."""
    model_read = db.IntegerAttribute(default=0)
    """Profiles that rules left open and the language model had a say in."""
    model_left = db.IntegerAttribute(default=0)
    """Profiles that rules left open and that stayed so: it failed, or its calls were spent."""

    of_user = RunsOfUser()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to read, to judge, or to look up."""
        return not (self.is_reading or self.open or self.enriching)

    @property
    def is_over(self) -> bool:
        return self.status in (SUCCEEDED, FAILED)


def entry(step: str, message: str) -> dict[str, str]:
    """A line of a run's log."""
    return {"step": step, "message": message, "timestamp": clock.iso(clock.now())}


def logged(*entries: dict[str, str]) -> Any:
    """The update that appends lines to a run's log."""
    return RunItem.log.set((RunItem.log | []).append(list(entries)))


def lock_key(pair_id: int, mode: str) -> str:
    """By what an account remembers the open run of a pair."""
    return f"{pair_id}:{mode}"
