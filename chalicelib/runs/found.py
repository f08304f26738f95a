"""The leads that a run found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from chalicelib.ids import MAX_ID
from chalicelib.leads.table import LeadItem, rank
from chalicelib.runs.table import RETEST, RunItem

SKEW = timedelta(seconds=5)
"""How far the clocks of two workers may be apart."""


def leads_of(run: RunItem) -> Iterator[LeadItem]:
    """Who matches since this run and still does, newest first. One query a megabyte.

    An index is a moment behind its table: until it has caught up, fewer come than `run.entered`.
    """
    rows = LeadItem.of_stream_matched.query(
        run.stream_id,
        _while_it_ran(run),
        filter_condition=LeadItem.run_id == run.run_id,
        scan_index_forward=False,
    )
    return (row for row in rows if isinstance(row, LeadItem))


def _while_it_ran(run: RunItem) -> Any:
    """Ranks of leads discovered by the run. A re-test also finds those of long ago again."""
    ended = run.completed_at
    if run.mode == RETEST or ended is None:
        return None
    began = run.written_at or run.triggered_at
    return LeadItem.rank.between(rank(began - SKEW, 0), rank(ended + SKEW, MAX_ID))
