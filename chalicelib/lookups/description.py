"""From a description in natural language to a segment."""

from __future__ import annotations

from chalicelib.lookups.schemas import SegmentDescription, SegmentRead, SegmentUnderstood
from chalicelib.matching.sentence import read_sentence
from chalicelib.segments.rules import Filters
from chalicelib.segments.schemas import user_facing_id
from chalicelib.segments.service import new_segment
from chalicelib.segments.table import SegmentItem


def understand(user_id: int, body: SegmentDescription) -> SegmentUnderstood:
    """Read the description; make the segment unless it is a dry run. Never fails for a word."""
    understood = read_sentence(body.description)
    filters = Filters(
        description=body.description,
        name=body.name,
        gender_values=understood.gender_values,
        labels=tuple(understood.labels.items()),
        follower_tiers=understood.follower_tiers,
    )
    answer = SegmentUnderstood(segment=_shown(filters), unmatched=list(understood.unmatched))
    if body.dry_run:
        return answer
    segment = new_segment(user_id, filters)
    segment.save(condition=SegmentItem.key.does_not_exist())
    made = {"id": segment.segment_id, "user_facing_id": user_facing_id(segment.segment_id)}
    return answer.model_copy(update=made)


def _shown(filters: Filters) -> SegmentRead:
    return SegmentRead(
        name=filters.name,
        description=filters.description,
        gender_values=list(filters.gender_values),
        applied_search_filters={category: list(labels) for category, labels in filters.labels},
        follower_count_tiers=list(filters.follower_tiers),
    )
