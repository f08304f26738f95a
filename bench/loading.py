"""What each function of the package loads for its work: CPU time, modules, rooms of the API."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5
ROOM = ".routes"
"""What the modules end in that only the API opens; v1's answers 410 and is the app's own."""
WORK: Mapping[str, tuple[str, ...]] = {
    "api_handler (GET /me)": ("chalicelib.me.routes",),
    "api_handler (GET /leads)": ("chalicelib.leads.routes",),
    "start_run": ("chalicelib.runs.pipeline",),
    "scrape": ("chalicelib.wiring", "chalicelib.runs.pipeline"),
    "enrich": ("chalicelib.wiring", "chalicelib.runs.pipeline", "chalicelib.runs.steps.judge"),
    "settle_billing": ("chalicelib.wiring", "chalicelib.settlement.settling"),
    "deliver": ("chalicelib.wiring", "chalicelib.delivery.dispatch", "chalicelib.delivery.edges"),
    "keep_up": ("chalicelib.wiring", "chalicelib.nightly.caretaker"),
    "nightly": ("chalicelib.nightly.walking",),
}
"""What the handlers of app.py import when they are called."""

_CODE = """
import importlib, json, sys, time
began = time.process_time()
for name in ["app", *sys.argv[1:]]:
    importlib.import_module(name)
print(json.dumps([(time.process_time() - began) * 1e3, sorted(sys.modules)]))
"""


@dataclass(frozen=True)
class Loaded:
    """Milliseconds of CPU, the median of the rounds, and the names of all modules."""

    milliseconds: float
    modules: frozenset[str]

    @property
    def rooms(self) -> set[str]:
        return {
            name for name in self.modules if name.endswith(ROOM) and name != "chalicelib.v1.routes"
        }


def loaded(
    work: str, variables: Mapping[str, str], folder: Path, *flags: str, rounds: int = ROUNDS
) -> Loaded:
    """Load `app` and what `work` takes, in fresh processes of Python with `flags` in `folder`."""
    command = [sys.executable, *flags, "-c", _CODE, *WORK[work]]
    times, modules = [], frozenset[str]()
    for _ in range(rounds):
        done = subprocess.run(
            command, cwd=folder, env=dict(variables), capture_output=True, text=True, check=True
        )
        milliseconds, names = json.loads(done.stdout.splitlines()[-1])
        times.append(milliseconds)
        modules = frozenset(names)
    return Loaded(statistics.median(times), modules)


def section(variables: Mapping[str, str], folder: Path) -> str:
    """The part of docs/performance.md on what functions load."""
    found = {work: loaded(work, variables, folder, "-S") for work in WORK}
    rows = [
        f"| {work} | {each.milliseconds:.0f} | {len(each.modules)} | {len(each.rooms)} |"
        for work, each in found.items()
    ]
    return "\n".join(
        [
            "## What each function loads\n",
            "CPU from nothing to what the function's work takes, before its first call to AWS. "
            "No worker opens a room of the API, and the API loads no worker's code (a test).\n",
            "| | CPU ms | modules | rooms |",
            "|---|---:|---:|---:|",
            *rows,
        ]
    )
