"""The history of look-ups at rest: one list per user and kind of call, its count at the head."""

from __future__ import annotations

from pynamodb.attributes import (
    DiscriminatorAttribute,
    JSONAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import db
from chalicelib.ids import MAX_ID

ENRICH, ENRICH_EMAIL = "enrich", "enrich-email"
HEAD = MAX_ID
"""Sorts behind every id, so the count comes first in a list that is read newest first."""


class HistoryItem(db.Table):
    """A row of a history: a look-up, or how many there are."""

    class Meta(db.Meta):
        name = "lookups"

    history = UnicodeAttribute(hash_key=True)
    lookup_id = db.IntegerAttribute(range_key=True)
    kind = DiscriminatorAttribute()


class LookupItem(HistoryItem, discriminator="lookup"):
    """One answered call."""

    handle = UnicodeAttribute()
    x_user_id = UnicodeAttribute()
    outputs = JSONAttribute()
    result = JSONAttribute()
    """As answered."""
    spent = db.IntegerAttribute()
    created_at = UTCDateTimeAttribute()


class CountItem(HistoryItem, discriminator="count"):
    """How many look-ups a history holds."""

    total = db.IntegerAttribute()


def history_of(user_id: int, kind: str) -> str:
    """The partition of a user's look-ups of one kind."""
    return f"{user_id}#{kind}"
