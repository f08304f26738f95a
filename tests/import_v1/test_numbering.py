"""Runs of one instant: every one comes, under a number of its own that stays."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from chalicelib.runs.table import SYNC
from tests.import_v1 import lines
from tests.import_v1.lines import account, got, run, search
from tools.import_v1.__main__ import main
from tools.import_v1.numbering import first_choice

SEARCHES = (77, 78)
PAIRS = [(each, number) for each in SEARCHES for number in range(100, 150)]


def _choice(pair: tuple[int, int]) -> int:
    return first_choice(datetime.fromisoformat(lines.AT), *pair, SYNC)


MEETING = next(two for two in combinations(PAIRS, 2) if len(set(map(_choice, two))) == 1)
"""Two pairs whose runs look for their number at the same place."""


def _run(pair: tuple[int, int], **more: Any) -> dict[str, Any]:
    return run(savedSearchId=pair[0], trackedAccountId=pair[1], **more)


def _export(folder: Path, runs: list[Any]) -> str:
    numbers = range(100, 150)
    lines.write(
        folder,
        {
            "tracked_accounts": [account(each) for each in numbers],
            "saved_searches": [search(each, numbers) for each in SEARCHES],
            "people_of_interest": [],
            "runs": runs,
        },
    )
    return str(folder)


def _told() -> dict[tuple[int, int, str], int]:
    """The number of each run, by what it read; page after page, as a client walks."""
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = got(f"/runs?limit=9{cursor and f'&cursor={cursor}'}")
        found, cursor = [*found, *page["runs"]], page["nextCursor"]
    told = {(each["segmentId"], each["trackedXAccountId"], each["mode"]): each for each in found}
    assert len(told) == len(found)
    return {what: each["id"] for what, each in told.items()}


def test_all_runs_of_one_instant_come_under_numbers_of_their_own(folder: Path) -> None:
    runs = [_run(pair, mode=mode) for pair in PAIRS for mode in ("sync-then-search", "re-test")]
    assert main([_export(folder, runs)]) == 0
    told = _told()
    assert len(told) == len(set(told.values())) == len(runs)
    assert main([_export(folder, runs[::-1])]) == 0
    assert _told() == told


@pytest.mark.parametrize("late", [0, 1])
def test_a_number_stays_when_a_line_before_it_is_mended(
    folder: Path, late: int, capsys: pytest.CaptureFixture[str]
) -> None:
    runs: list[Any] = [_run(pair) for pair in MEETING]
    torn = [b"bad" if place == late else each for place, each in enumerate(runs)]
    assert main([_export(folder, torn)]) == 1
    first = _told()
    assert main([_export(folder, runs)]) == 0
    both = _told()
    assert len(set(both.values())) == 2
    assert first.items() <= both.items()
    capsys.readouterr()
    assert main([str(folder)]) == 0
    assert "rows written: 0" in capsys.readouterr().out
    assert _told() == both


def test_later_seconds_come_later(folder: Path) -> None:
    at = ["2025-11-01T09:30:00Z", "2025-11-01T09:30:01Z", "2025-11-01T09:30:02Z"]
    runs = [_run(pair, triggeredAt=each) for each in at for pair in PAIRS[:50]]
    assert main([_export(folder, runs[::-1])]) == 0
    found = got("/runs?limit=100")["runs"]
    assert [each["triggeredAt"] for each in found] == [at[2]] * 50 + [at[1]] * 50
    assert [each["id"] for each in found] == sorted((each["id"] for each in found), reverse=True)
