"""Pages of runs, newest trigger first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, reduce
from itertools import islice
from operator import and_
from typing import Any

from chalicelib.errors import RunNotFound, StreamNotFound
from chalicelib.http import cursors
from chalicelib.runs.schemas import AllRunsQuery, Run, RunList, RunsQuery, shown
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StreamItem

_FILTERS = ("status", "source")


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
    found = _of_stream(stream_id, query, bound)
    if not found or found[0].user_id != user_id:
        _require_stream(user_id, stream_id)
    return _page(found, query.limit, bound)


def of_user(user_id: int, query: AllRunsQuery) -> RunList:
    """The runs of all streams. Raises StreamNotFound for a `streamId` that is not the user's."""
    if query.stream_id is not None:
        _require_stream(user_id, query.stream_id)
    wanted = query.model_dump(include={"stream_id", "status", "source"}, exclude_none=True)
    bound = {"user": user_id, **wanted}
    filters = [getattr(RunItem, name) == wanted[name] for name in _FILTERS if name in wanted]
    condition: Any = reduce(and_, filters) if filters else None
    if query.stream_id is not None:
        found = _of_stream(query.stream_id, query, bound, condition)
    else:
        found = _read(partial(RunItem.of_user.query, user_id), query, bound, condition)
    return _page(found, query.limit, bound)


def _of_stream(
    stream_id: int, query: RunsQuery, bound: dict[str, Any], condition: Any = None
) -> list[RunItem]:
    rows = partial(RunItem.query, stream_id, consistent_read=True)
    return _read(rows, query, bound, condition)


def _read(
    rows: Callable[..., Iterable[RunItem]], query: RunsQuery, bound: dict[str, Any], condition: Any
) -> list[RunItem]:
    """What a page shows, and one run more if there is one.

    DynamoDB counts a page before it filters: behind a filter the size of ours would be taken in
    crumbs, a call each, so then it gives as much at once as it can.
    """
    before = cursors.decode(query.cursor, bound) if query.cursor is not None else None
    found = rows(
        None if before is None else RunItem.run_id < before,
        filter_condition=condition,
        scan_index_forward=False,
        page_size=query.limit + 1 if condition is None else None,
    )
    return list(islice(found, query.limit + 1))


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
