"""The newest run of a stream, as the stream shows it. Each write is conditional: late ones lose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib import db
from chalicelib.runs.table import QUEUED, RUNNING, RunItem
from chalicelib.streams.table import StatsItem


def queued(user_id: int, stream_id: int, run_id: int) -> None:
    """Show a new run, unless a newer one is shown."""
    _update(
        user_id,
        stream_id,
        [
            StatsItem.last_run_id.set(run_id),
            StatsItem.last_run_status.set(QUEUED),
            StatsItem.last_run_at.remove(),
        ],
        _newer(run_id),
    )


def running(user_id: int, stream_id: int, run_id: int) -> None:
    """Show that the run began, unless a newer one is shown, or its end.

    It need not be shown yet: whoever started it may have died before that.
    """
    is_newer, is_it = _newer(run_id), StatsItem.last_run_id == run_id
    _update(
        user_id,
        stream_id,
        [
            StatsItem.last_run_id.set(run_id),
            StatsItem.last_run_status.set(RUNNING),
            StatsItem.last_run_at.remove(),
        ],
        is_newer | (is_it & (StatsItem.last_run_status == QUEUED)),
    )


def over(run: RunItem, status: str, at: datetime) -> None:
    """Show how and when the run ended, unless a newer one is shown."""
    _update(
        run.user_id,
        run.stream_id,
        [
            StatsItem.last_run_id.set(run.run_id),
            StatsItem.last_run_status.set(status),
            StatsItem.last_run_at.set(at),
        ],
        _newer(run.run_id) | (StatsItem.last_run_id == run.run_id),
    )


def _newer(run_id: int) -> Any:
    return StatsItem.last_run_id.does_not_exist() | (StatsItem.last_run_id < run_id)


def _update(user_id: int, stream_id: int, actions: list[Any], condition: Any) -> None:
    try:
        with db.conditional():
            StatsItem(user_id, StatsItem.at(stream_id)).update(actions=actions, condition=condition)
    except db.Conflict:
        return
