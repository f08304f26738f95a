"""What a person asks of the local world: taken, or refused with every fault at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localdev import environment
from localdev.asked import Asked, Refused
from localdev.processes import BUNDLED_WORLD

NOTHING = {"PORT": "", "WORLD": "", "RESET": "", "SPEED": ""}


def test_who_asks_nothing_gets_the_usual() -> None:
    for environ in ({}, NOTHING):
        assert Asked.of(environ) == Asked(port=None, world=BUNDLED_WORLD, reset=False, speed=1)


def test_what_was_asked(tmp_path: Path) -> None:
    people = tmp_path / "people.jsonl"
    people.touch()
    given = {"PORT": "8080", "WORLD": str(people), "RESET": "1", "SPEED": "900"}
    assert Asked.of(given) == Asked(port=8080, world=people, reset=True, speed=900)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("PORT", "web"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("WORLD", "nowhere.jsonl"),
        ("WORLD", "."),
        ("RESET", "please"),
        ("SPEED", "fast"),
        ("SPEED", "0"),
        ("SPEED", "inf"),
        ("SPEED", "nan"),
        ("BOT_THRESHOLD", "high"),
    ],
)
def test_what_cannot_be_had(name: str, given: str) -> None:
    with pytest.raises(Refused, match=f"^{name}"):
        Asked.of({**NOTHING, name: given})


@pytest.mark.parametrize("module", ["localdev.dev", "localdev.demo"])
def test_every_fault_is_told_before_anything_starts(tmp_path: Path, module: str) -> None:
    wrong = {"PORT": "web", "SPEED": "fast", "BOT_THRESHOLD": "high", "LOCAL_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=environment.isolated() | wrong,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    told = done.stderr.removeprefix("cannot go on: ").splitlines()
    assert [line.split()[0] for line in told] == ["BOT_THRESHOLD", "PORT:", "SPEED:"]
