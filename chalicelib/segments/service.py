"""Making a segment."""

from __future__ import annotations

from chalicelib import clock, ids
from chalicelib.segments.rules import Filters
from chalicelib.segments.table import SegmentItem


def new_segment(user_id: int, filters: Filters) -> SegmentItem:
    """An unsaved segment with an id of its own."""
    segment_id = ids.new_id()
    return SegmentItem(
        user_id,
        SegmentItem.at(segment_id),
        segment_id=segment_id,
        name=filters.name,
        description=filters.description,
        gender_values=list(filters.gender_values),
        labels={category: list(labels) for category, labels in filters.labels},
        follower_tiers=list(filters.follower_tiers),
        created_at=clock.now().replace(microsecond=0),
    )
