"""Numbers of runs. v1 gave them none; in v2 no two runs of a user share one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from chalicelib.runs.table import RETEST, RunItem
from tools.import_v1.fields import FIRST

_SECOND_BITS = 13
"""Numbers for each second: pairs that were triggered at one instant count to some hundreds."""
_FIRST_BITS = 11
"""Numbers of a second that are tried first; those above are for what finds its own taken."""


def first_choice(at: datetime, search_id: int, account_id: int, mode: str) -> int:
    """Sorts runs by their trigger: the second since 2006, a hash of what was read, the mode.

    They come before those of v2, whose ids are greater from the 15th of January 2026 on.
    """
    second = int((at - FIRST).total_seconds())
    digest = sha256(f"{search_id}:{account_id}".encode()).digest()
    slot = int.from_bytes(digest[:2], "big") & ((1 << _FIRST_BITS) - 1)
    return second << _SECOND_BITS | slot << 1 | int(mode == RETEST)


def numbered(runs: Sequence[RunItem], stream_ids: Iterable[int]) -> list[RunItem]:
    """Give each run of a user the number that it has in v2 already, or else the next that is free;
    those that v2 has not got.

    So a number never hangs on which other lines could be read. One query a stream.
    """
    if not runs:
        return []
    last = max(run.run_id for run in runs) | (1 << _SECOND_BITS) - 1
    there = {_what(row): row.run_id for each in stream_ids for row in _at_rest(each, last)}
    taken = set(there.values())
    new = [run for run in runs if _what(run) not in there]
    for run in runs:
        run.run_id = there.get(_what(run), run.run_id)
    for run in new:
        while run.run_id in taken:
            run.run_id += 1
        taken.add(run.run_id)
    return new


def _at_rest(stream_id: int, last: int) -> Iterator[RunItem]:
    return RunItem.query(
        stream_id,
        RunItem.run_id <= last,
        consistent_read=True,
        attributes_to_get=["stream_id", "run_id", "account_id", "mode", "triggered_at"],
    )


def _what(run: RunItem) -> tuple[int, int, str, datetime]:
    """What no two runs have in common, since no two lines do."""
    return run.stream_id, run.account_id, run.mode, run.triggered_at
