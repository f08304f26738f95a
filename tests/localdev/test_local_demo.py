"""The demo takes any file of people, also one in which nobody is wanted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from localdev import environment

FEW, MANY = 2, 900


def told(people: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "localdev.demo"],
        env=environment.isolated() | {"WORLD": str(people)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def a_file(path: Path, *, people: int) -> Path:
    rows = [
        {"id": str(500_000 + number), "handle": f"angler_{number}", "bio": "I fish for trout."}
        for number in range(people)
    ]
    path.write_text("".join(json.dumps(row) + "\r\n" for row in rows))
    return path


def test_fewer_people_than_follow_later(tmp_path: Path) -> None:
    said = told(a_file(tmp_path / "few.jsonl", people=FEW))
    assert f"{FEW}/{FEW} followers" in said
    assert "25 new followers read" in said


def test_nobody_is_wanted(tmp_path: Path) -> None:
    said = told(a_file(tmp_path / "many.jsonl", people=MANY))
    assert "0 leads, the newest first" in said
    assert "No leads, so no webhooks" in said
