"""What was read of an account's followers: who is known, in which batch, how far a read got.

A batch row carries up to 50 profiles; a follower row says in which batch a person came first. The
scan row is the account's cursor: whoever holds its lease reads, and every write of it is fenced by
its version, so that a reader that lost the lease changes nothing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Sequence

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import db, suppression
from chalicelib.profile import Profile

BATCH_SIZE = 50
"""Profiles in one batch: their leads, tallies and run fit one transaction of 100 items."""

EXISTING, FOLLOWER, LIKER = "existing_follower", "new_follower", "liker"
LIST, POSTS, LIKES = "list", "posts", "likes"
"""What a read is at: the list of followers, which posts there are, who liked them."""


class FollowerItem(db.Table):
    """A person whom a run has met on an account: a follower, or a liker of its posts."""

    class Meta(db.Meta):
        name = "followers"

    account_id = db.IntegerAttribute(hash_key=True)
    x_user_id = UnicodeAttribute(range_key=True)
    batch_no = db.IntegerAttribute()
    is_liker = BooleanAttribute(default=False)
    """Met as a liker: whether they follow is not known."""


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
    whole_rows = db.IntegerAttribute(default=0)
    """Those of them whom the last complete read and those before it brought."""
    listed = db.IntegerAttribute(default=0)
    """Rows that the list under way showed, known people included."""
    idle_rows = db.IntegerAttribute(default=0)
    """Rows of its last pages, as far back as nobody on them was new."""
    streak = db.IntegerAttribute(default=0)
    """Known people in a row at the end of the last page."""
    expected = db.IntegerAttribute(default=0)
    count_now = db.IntegerAttribute(null=True)
    """X's follower count when the read under way began."""
    stage = UnicodeAttribute(default=LIST)
    posts_left = JSONAttribute(default=list)
    """Posts whose likers are still to be read, the one under way first."""
    likers = db.IntegerAttribute(default=0)
    """New people whom the read under way met as likers."""
    liker_pages = db.IntegerAttribute(default=0)
    """Pages of likers of the post under way."""
    likes = JSONAttribute(default=dict)
    """Likes of recent posts when their likers were last asked for, by the post's id."""
    to_note = JSONAttribute(default=dict)
    """Likes of recent posts as they are now, to be noted when a post's likers were read."""
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

    @property
    def unfinished(self) -> int:
        """People whom reads brought since the last complete one."""
        return int(self.total_rows - self.whole_rows)

    @property
    def accounted_for(self) -> int:
        """X's follower count as far as reads account for it."""
        if self.follower_count is None:
            return int(self.total_rows)
        return int(self.follower_count) + self.unfinished


def pack(profiles: Sequence[Profile]) -> bytes:
    """Profiles as a batch row keeps them: JSON, deflated to about a third."""
    return zlib.compress(json.dumps([profile.to_dict() for profile in profiles]).encode(), 6)


def known(user_id: int, account_id: int, x_user_ids: Collection[str]) -> dict[str, int | None]:
    """The people among these who are known on the user's account, with the batch they came in.

    None for likers, and for people who were erased and must not become new again: their place in
    the list of followers says nothing.
    """
    keys = [(account_id, x_user_id) for x_user_id in x_user_ids]
    found = {
        row.x_user_id: None if row.is_liker else row.batch_no for row in FollowerItem.find_all(keys)
    }
    return found | dict.fromkeys(suppression.among(user_id, x_user_ids))


def mark(batch: BatchItem) -> None:
    """Give the people of a batch their rows; a repeat writes the same rows again."""
    is_liker = batch.source == LIKER
    with FollowerItem.batch_write() as writer:
        for profile in batch.profiles:
            writer.save(
                FollowerItem(
                    batch.account_id, profile.id, batch_no=batch.batch_no, is_liker=is_liker
                )
            )
