"""Pages of runs, newest trigger first."""

from __future__ import annotations

from itertools import islice
from typing import Any

from chalicelib.errors import RunNotFound, StreamNotFound
from chalicelib.http import cursors
from chalicelib.runs.schemas import AllRunsQuery, Run, RunList, RunsQuery, shown
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StreamItem


def one(user_id: int, stream_id: int, run_id: int) -> Run:
    """A run of a stream. Raises RunNotFound, or StreamNotFound when the stream is not the user's.

    One read when the run is there: it carries its owner.
    """
    run = RunItem.find(stream_id, run_id)
    if run is not None and run.user_id == user_id:
        return shown(run)
    _require_stream(user_id, stream_id)
    raise RunNotFound


def of_stream(user_id: int, stream_id: int, query: RunsQuery) -> RunList:
    """The runs of one stream. Raises StreamNotFound."""
    bound = {"user": user_id, "stream": stream_id}
    before = cursors.decode(query.cursor, bound) if query.cursor is not None else None
    rows = RunItem.query(
        stream_id,
        None if before is None else RunItem.run_id < before,
        scan_index_forward=False,
        consistent_read=True,
        page_size=query.limit + 1,
    )
    found = list(islice(rows, query.limit + 1))
    if not found or found[0].user_id != user_id:
        _require_stream(user_id, stream_id)
    return _page(found, query.limit, bound)


def of_user(user_id: int, query: AllRunsQuery) -> RunList:
    """The runs of all streams. Raises StreamNotFound for a `streamId` that is not the user's."""
    if query.stream_id is not None:
        _require_stream(user_id, query.stream_id)
    wanted = query.model_dump(include={"stream_id", "status", "source"}, exclude_none=True)
    bound = {"user": user_id, **wanted}
    before = cursors.decode(query.cursor, bound) if query.cursor is not None else None
    condition: Any = None
    for name, value in wanted.items():
        each = getattr(RunItem, name) == value
        condition = each if condition is None else condition & each
    rows = RunItem.of_user.query(
        user_id,
        None if before is None else RunItem.run_id < before,
        filter_condition=condition,
        scan_index_forward=False,
        page_size=query.limit + 1,
    )
    return _page(list(islice(rows, query.limit + 1)), query.limit, bound)


def _page(found: list[RunItem], limit: int, bound: dict[str, Any]) -> RunList:
    page = found[:limit]
    has_more = len(found) > limit
    return RunList(
        runs=[shown(run) for run in page],
        next_cursor=cursors.encode(int(page[-1].run_id), bound) if has_more else None,
    )


def _require_stream(user_id: int, stream_id: int) -> None:
    if StreamItem.find(user_id, StreamItem.at(stream_id)) is None:
        raise StreamNotFound
