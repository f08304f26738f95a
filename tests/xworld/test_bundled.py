"""The bundled made-up world: reproducible, varied, and invented."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from localdev.xworld.person import HANDLE
from localdev.xworld.world import BUNDLED, XWorld

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in BUNDLED.read_text(encoding="utf-8").splitlines()]


def test_the_script_writes_the_committed_bytes(tmp_path: Path) -> None:
    made = tmp_path / "made.jsonl"
    script = ROOT / "tools" / "make_world.py"
    subprocess.run([sys.executable, script, "--output", made], check=True, capture_output=True)
    assert made.read_bytes() == BUNDLED.read_bytes()


def test_ids_and_handles_are_such_as_x_gives(rows: list[dict[str, Any]]) -> None:
    assert len({row["id"] for row in rows}) == len({row["handle"].lower() for row in rows})
    assert len(rows) > 2_000
    assert all(row["id"].isdigit() and HANDLE.fullmatch(row["handle"]) for row in rows)


@pytest.mark.parametrize(("kind", "share"), [("bot", 0.12), ("brand", 0.12), ("human", 0.76)])
def test_kinds(rows: list[dict[str, Any]], kind: str, share: float) -> None:
    found = sum(row["made"]["kind"] == kind for row in rows)
    assert found / len(rows) == pytest.approx(share, abs=0.02)


def test_people_are_varied(rows: list[dict[str, Any]]) -> None:
    humans = [row for row in rows if row["made"]["kind"] == "human"]
    bots = Counter(row["made"]["trade"] for row in rows if row["made"]["kind"] == "bot")
    assert len({row["made"]["trade"] for row in humans}) > 60
    assert len({row["made"]["language"] for row in humans}) == 11
    assert len(bots) == 6
    stated = sum(row["made"]["trade"] is not None for row in humans)
    assert 0.5 < stated / len(humans) < 0.7
    assert sum(not row.get("bio") for row in humans) > 100
    assert sum(bool(row.get("protected")) for row in rows) > 30
    assert sum(bool(row.get("suspended")) for row in rows) > 5


def test_every_follower_tier_is_there(rows: list[dict[str, Any]]) -> None:
    digits = Counter(len(str(row["followers"])) for row in rows if row.get("followers"))
    assert all(digits[length] for length in range(1, 8))


def test_dates_lie_before_the_day_of_reading(rows: list[dict[str, Any]]) -> None:
    dated = [row for row in rows if "createdAt" in row]
    assert all(row["createdAt"] < row["asOf"] == "2026-11-20T00:00:00Z" for row in dated)
    assert max(row["createdAt"] for row in dated) > "2026-11-01"
    assert len({row["createdAt"][:4] for row in dated}) > 15


def test_nothing_in_it_can_be_called(rows: list[dict[str, Any]]) -> None:
    words = " ".join(json.dumps(row) for row in rows).split("https://")[1:]
    assert words
    assert all(word.startswith("t.example/") for word in words)


def test_tracked_accounts() -> None:
    world = XWorld.load()
    sizes = {account.handle: world.followers_count(account) for account in world.accounts()}
    assert sizes.keys() == {
        "orbitdesk",
        "tidewater",
        "fernhill_labs",
        "smallharbor",
        "lockedgarden",
    }
    assert (sizes["orbitdesk"] or 0) > 1_000
    assert sizes["smallharbor"] == 9
    assert world.people.named("lockedgarden").protected
    assert world.people.named("gonecomet").suspended
    assert world.followers_count(world.people.named("emptylot")) == 0
    assert world.followers_count(world.people.named("grandmeridian")) == 1_000_000
