"""What was read of an account's followers: who is known, in which batch, how far a read got.

A batch row carries up to 50 profiles; a follower row says in which batch a person came first. The
scan row is the account's cursor: whoever holds its lease reads, and every write of it is fenced by
its version, so that a reader that lost the lease changes nothing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import db
from chalicelib.profile import Profile

BATCH_SIZE = 50
"""Profiles in one batch: their leads, tallies and run fit one transaction of 100 items."""

EXISTING, FOLLOWER, LIKER = "existing_follower", "new_follower", "liker"


class FollowerItem(db.Table):
    """A person known to follow an account."""

    class Meta(db.Meta):
        name = "followers"

    account_id = db.IntegerAttribute(hash_key=True)
    x_user_id = UnicodeAttribute(range_key=True)
    batch_no = db.IntegerAttribute()


class BatchItem(db.Table):
    """Profiles that one page brought and nobody had seen on the account before."""

    class Meta(db.Meta):
        name = "batches"

    account_id = db.IntegerAttribute(hash_key=True)
    batch_no = db.IntegerAttribute(range_key=True)
    source = UnicodeAttribute()
    read_at = UTCDateTimeAttribute()
    packed = BinaryAttribute(legacy_encoding=False)

    @property
    def profiles(self) -> list[Profile]:
        return [Profile.from_dict(stored) for stored in json.loads(zlib.decompress(self.packed))]


class ScanItem(db.Table):
    """How far the reading of an account's followers got."""

    class Meta(db.Meta):
        name = "scans"

    account_id = db.IntegerAttribute(hash_key=True)
    version = db.IntegerAttribute(default=0)
    lease_until = UTCDateTimeAttribute(null=True)
    trigger = UnicodeAttribute(null=True)
    """The trigger of the read under way, or of the last one."""
    is_reading = BooleanAttribute(default=False)
    handle = UnicodeAttribute(default="")
    cursor = UnicodeAttribute(null=True)
    provider = UnicodeAttribute(null=True)
    pages = db.IntegerAttribute(default=0)
    """Pages of the read under way."""
    new_rows = db.IntegerAttribute(default=0)
    """New people of the read under way."""
    total_rows = db.IntegerAttribute(default=0)
    """People that all reads together brought."""
    streak = db.IntegerAttribute(default=0)
    """Known people in a row at the end of the last page."""
    expected = db.IntegerAttribute(default=0)
    count_now = db.IntegerAttribute(null=True)
    """X's follower count when the read under way began."""
    error = UnicodeAttribute(null=True)
    """Why the last read failed."""
    is_complete = BooleanAttribute(default=False)
    runs = JSONAttribute(default=dict)
    """Runs that get what is read: `{run_id: [stream_id, pair_id]}`."""
    opened: MapAttribute[str, int] = MapAttribute(default=dict)
    """The last batch that each pair's runs were handed."""

    last_batch = db.IntegerAttribute(default=0)
    marked = db.IntegerAttribute(default=0)
    """The last batch whose people all have their follower row."""
    floor = db.IntegerAttribute(default=0)
    """The last batch of the last complete read: what came before it has no gaps."""
    has_baseline = BooleanAttribute(default=False)
    follower_count = db.IntegerAttribute(null=True)
    """X's count when the last complete read began."""
    listed_at = UTCDateTimeAttribute(null=True)
    """When the last complete read of the list ended."""


def pack(profiles: Sequence[Profile]) -> bytes:
    """Profiles as a batch row keeps them: JSON, deflated to about a third."""
    return zlib.compress(json.dumps([profile.to_dict() for profile in profiles]).encode(), 6)


def known(account_id: int, x_user_ids: Iterable[str]) -> dict[str, int]:
    """The people among these who are known on the account, with the batch they came in."""
    keys = [(account_id, x_user_id) for x_user_id in x_user_ids]
    return {row.x_user_id: row.batch_no for row in FollowerItem.find_all(keys)}


def mark(account_id: int, batch_no: int, profiles: Iterable[Profile]) -> None:
    """Give the people of a batch their follower rows; a repeat writes the same rows again."""
    with FollowerItem.batch_write() as writer:
        for profile in profiles:
            writer.save(FollowerItem(account_id, profile.id, batch_no=batch_no))
