"""Making segments. Nothing changes one afterwards."""

from __future__ import annotations

from chalicelib import clock, db, ids
from chalicelib.http.attempts import Attempt
from chalicelib.segments.rules import Filters, read
from chalicelib.segments.schemas import SegmentCreate, SegmentCreated, user_facing_id
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


@db.retried_on_conflict
def create(user_id: int, body: SegmentCreate, *, attempt: Attempt) -> SegmentCreated:
    """Store a segment, once for each attempt. Raises OrphanLabel."""
    (filters,) = read([body])
    note = attempt.earlier()
    if note is not None:
        return SegmentCreated.model_validate(note)
    segment = new_segment(user_id, filters)
    created = SegmentCreated(
        id=segment.segment_id, user_facing_id=user_facing_id(segment.segment_id)
    )
    with db.transaction() as write:
        write.save(segment, condition=SegmentItem.key.does_not_exist())
        attempt.keep(write, created.model_dump())
    return created
