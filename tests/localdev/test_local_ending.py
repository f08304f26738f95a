"""Whoever presses Ctrl-C, however early and however often, sees no traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from localdev import environment

SLOW_IMPORT = """
import os, signal, sys
os.kill(os.getpid(), signal.{name})
"""
SLOW_END = """
import os, signal
from localdev import ending
ending.at_first_signal({status})
try:
    os.kill(os.getpid(), signal.{name})
finally:
    os.kill(os.getpid(), signal.{name})
    print("ended in order")
"""


def ended(folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    (folder / "interrupted.py").write_text(module)
    env = environment.isolated()
    return subprocess.run(
        [sys.executable, "-m", "localdev.ending", "interrupted"],
        env=env | {"PYTHONPATH": f"{folder}:{env['PYTHONPATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_during_the_imports(tmp_path: Path, name: str) -> None:
    done = ended(tmp_path, SLOW_IMPORT.format(name=name))
    assert (done.returncode, done.stderr) == (128 + signal.Signals[name], "")


@pytest.mark.parametrize(("status", "shown"), [(None, 130), (0, 0)])
def test_a_second_signal_does_not_break_the_end(
    tmp_path: Path, status: int | None, shown: int
) -> None:
    done = ended(tmp_path, SLOW_END.format(name="SIGINT", status=status))
    assert (done.returncode, done.stdout, done.stderr) == (shown, "ended in order\n", "")
