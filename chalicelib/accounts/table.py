"""Tracked accounts at rest, with the slots, budgets and open runs that belong to each."""

from __future__ import annotations

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import db
from chalicelib.workspace import WorkspaceItem, row_key

KIND = "account"


class AccountItem(WorkspaceItem, discriminator=KIND):
    """An X account that a user tracks."""

    account_id = db.IntegerAttribute()
    x_user_id = UnicodeAttribute()
    handle = UnicodeAttribute()
    tier = UnicodeAttribute()
    is_awake = BooleanAttribute(default=True)
    added_at = UTCDateTimeAttribute()
    image_url = UnicodeAttribute(null=True)
    follower_count = db.IntegerAttribute(null=True)
    post_count = db.IntegerAttribute(null=True)
    tags = JSONAttribute(default=list)
    pending_tier = UnicodeAttribute(null=True)
    pending_tier_at = UTCDateTimeAttribute(null=True)

    version = db.IntegerAttribute(default=0)
    """Rises with every change of the four below."""
    slot_triggers = JSONAttribute(default=list)
    """Triggers that took a sync of their UTC day, each by its instant: some come late."""
    retest_period = UnicodeAttribute(null=True)
    retests_used = db.IntegerAttribute(default=0)
    """Re-tests of the billing period that began at `retest_period`."""
    open_runs: MapAttribute[str, int] = MapAttribute(default=dict)
    """The run that is queued or running, by `pair:mode`."""

    @staticmethod
    def at(account_id: int) -> str:
        """The range key of an account."""
        return row_key(KIND, account_id)
