"""/segments: reusable descriptions and filters. They never change."""

from __future__ import annotations

from collections import Counter

from chalicelib import errors
from chalicelib.auth.caller import Caller
from chalicelib.http.router import Attempt, Router
from chalicelib.matching.labels import VOCABULARY
from chalicelib.segments import service
from chalicelib.segments.schemas import (
    LinkedSegment,
    SegmentCreate,
    SegmentCreated,
    SegmentList,
    SegmentsQuery,
    Vocabulary,
    shown,
)
from chalicelib.streams.workspace import Workspace

router = Router()


@router.get("/segments")
def list_segments(caller: Caller, query: SegmentsQuery) -> SegmentList:
    """List segments, newest first, each with the number of streams that use it."""
    found = Workspace.read(caller.user_id, first="segment")
    linked: Counter[int] = Counter()
    archived: set[int] = set()
    for stream in found.streams.values():
        for segment_id in {pair.segment_id for pair in stream.pairs}:
            if stream.is_archived:
                archived.add(segment_id)
            else:
                linked[segment_id] += 1
    return SegmentList(
        segments=[
            LinkedSegment(
                **shown(item).model_dump(by_alias=False), linked_stream_count=linked[segment_id]
            )
            for segment_id, item in sorted(found.segments.items(), reverse=True)
            if linked[segment_id] or segment_id not in archived or not query.exclude_archived
        ]
    )


@router.post("/segments", status=201, errors=[errors.OrphanLabel])
def create_segment(caller: Caller, body: SegmentCreate, attempt: Attempt) -> SegmentCreated:
    """Create a segment, to be used by streams."""
    return service.create(caller.user_id, body, attempt=attempt)


@router.get("/labels")
def list_labels(caller: Caller) -> Vocabulary:  # noqa: ARG001 - only a caller may ask
    """List the labels that filters may name."""
    return Vocabulary(labels={name: list(labels) for name, labels in VOCABULARY.items()})
