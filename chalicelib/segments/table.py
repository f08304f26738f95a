"""Segments at rest. What they look for never changes once written; feedback is counted."""

from __future__ import annotations

from pynamodb.attributes import (
    JSONAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import db
from chalicelib.workspace import WorkspaceItem, row_key

KIND = "segment"


class SegmentItem(WorkspaceItem, discriminator=KIND):
    """What a stream looks for: a description and filters."""

    segment_id = db.IntegerAttribute()
    name = UnicodeAttribute(null=True)
    description = UnicodeAttribute()
    gender_values = JSONAttribute(default=list)
    labels = JSONAttribute(default=dict)
    """Canonical labels by category; only categories that have some."""
    follower_tiers = JSONAttribute(default=list)
    created_at = UTCDateTimeAttribute()
    good = db.IntegerAttribute(default=0)
    """How many leads are called good for it."""
    bad = db.IntegerAttribute(default=0)

    @staticmethod
    def at(segment_id: int) -> str:
        """The range key of a segment."""
        return row_key(KIND, segment_id)
