"""Leads at rest: one row per stream, account and person.

The indexes hold shelves: matched and not exported (`new`), matched and exported (`exported`), and
the same two for survivors of the bot filter that match nothing (`unmatched`,
`unmatched_exported`), each per stream and per user, in the order in which lists show them. At the
head of each stand the tallies of its streams, so that a page comes with its total, and with the
proof of who owns it, in one query.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    MapAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib import db
from chalicelib.errors import LeadNotFound

NEW, EXPORTED = "new", "exported"
UNMATCHED, UNMATCHED_EXPORTED = "unmatched", "unmatched_exported"
SHELVES = (NEW, EXPORTED, UNMATCHED, UNMATCHED_EXPORTED)


class OfStream(GlobalSecondaryIndex["ShelfItem"]):
    """The shelves of a stream."""

    class Meta:
        index_name = "by-stream"
        projection = AllProjection()

    stream_shelf = UnicodeAttribute(hash_key=True)
    rank = UnicodeAttribute(range_key=True)


class OfUser(GlobalSecondaryIndex["ShelfItem"]):
    """The shelves of a user, over all streams."""

    class Meta:
        index_name = "by-user"
        projection = AllProjection()

    user_shelf = UnicodeAttribute(hash_key=True)
    rank = UnicodeAttribute(range_key=True)


class WithId(GlobalSecondaryIndex["ShelfItem"]):
    """A lead's key by its public id."""

    class Meta:
        index_name = "by-id"
        projection = KeysOnlyProjection()

    lead_id = db.IntegerAttribute(hash_key=True)


class ShelfItem(db.Table):
    """A row that stands on a shelf: a lead or a tally."""

    class Meta(db.Meta):
        name = "leads"

    stream_id = db.IntegerAttribute(hash_key=True)
    person = UnicodeAttribute(range_key=True)
    """Account and X user id: what a lead is about, so that a repeated job meets its own row."""
    kind = DiscriminatorAttribute()
    user_id = db.IntegerAttribute()
    stream_shelf = UnicodeAttribute()
    user_shelf = UnicodeAttribute()
    rank = UnicodeAttribute()

    of_stream = OfStream()
    of_user = OfUser()
    with_id = WithId()


class LeadItem(ShelfItem, discriminator="lead"):
    """A person whom a run of a stream judged, and what became of them."""

    lead_id = db.IntegerAttribute()
    account_id = db.IntegerAttribute()
    run_id = db.IntegerAttribute()
    """The run that found it: for a match the one that matched it, else the one that read it."""
    has_matched = BooleanAttribute(default=False)
    """Whether it ever matched: from then on `discovered_at` stands."""
    segment_id = db.IntegerAttribute(null=True)
    confidence = UnicodeAttribute(null=True)
    source = UnicodeAttribute()
    discovered_at = UTCDateTimeAttribute()
    exported_at = UTCDateTimeAttribute(null=True)
    profile = JSONAttribute()
    reasons = JSONAttribute(default=list)
    labels = JSONAttribute(default=dict)
    gender = UnicodeAttribute(default="unknown")
    follower_tier = UnicodeAttribute(null=True)
    verdicts: MapAttribute[str, Any] = MapAttribute(default=dict)
    """The user's feedback by segment id, each with the instant at which it was given."""
    enrichment = JSONAttribute(null=True)

    @property
    def shelf_name(self) -> str:
        """The shelf on which it belongs as it stands."""
        if self.confidence is None:
            return UNMATCHED if self.exported_at is None else UNMATCHED_EXPORTED
        return NEW if self.exported_at is None else EXPORTED

    @property
    def feedback(self) -> Mapping[str, Any] | None:
        """The verdict that was given last."""
        given = self.verdicts.as_dict().values()
        return max(given, key=lambda verdict: str(verdict["at"]), default=None)

    def unmoved(self) -> Any:
        """The condition that the lead stands where it stood when it was read."""
        return (
            (LeadItem.stream_shelf == self.stream_shelf)
            & _still(LeadItem.confidence, self.confidence)
            & _still(LeadItem.segment_id, self.segment_id)
        )


def _still(attribute: Any, value: object) -> Any:
    return attribute.does_not_exist() if value is None else attribute == value


class TallyItem(ShelfItem, discriminator="tally"):
    """How many leads stand on one shelf of one stream."""

    counts: MapAttribute[str, int] = MapAttribute(default=dict)
    """By `account:segment:confidence`."""

    @staticmethod
    def at(shelf_name: str) -> str:
        """The range key of a tally."""
        return f"tally#{shelf_name}"


TALLY_RANK = "~"
"""Sorts behind every digit, so tallies come first in a list that is read newest first."""


def person_key(account_id: int, x_user_id: str) -> str:
    """The range key of a lead."""
    return f"{account_id}#{x_user_id}"


def key_of(lead_id: int) -> tuple[int, str]:
    """The stream and the person of a lead, whosever it is. Raises LeadNotFound."""
    for row in ShelfItem.with_id.query(lead_id, limit=1):
        return row.stream_id, row.person
    raise LeadNotFound


def shelf(owner_id: int, name: str) -> str:
    """The partition of an index: a shelf of a stream or of a user."""
    return f"{owner_id}#{name}"


def rank(discovered_at: datetime, lead_id: int) -> str:
    """Sorts leads by `discoveredAt`, then by id; both padded so that text sorts as numbers."""
    return f"{int(discovered_at.timestamp()):012d}#{lead_id:016d}"
