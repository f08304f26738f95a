"""`python -m localdev.dev`: the whole system on this machine, until Ctrl-C.

PORT chooses the API's port, WORLD a file of X profiles, RESET=1 starts with no data, LOCAL_DIR is
where data and logs are kept (.local). SPEED=900 lets the clock of schedules run a quarter of an
hour a second.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from localdev import ending, locks, ports
from localdev.asked import Asked, Refused
from localdev.bootstrap import DeployFailed
from localdev.environment import ROOT
from localdev.processes import LocalWorld

HOME = Path(os.environ.get("LOCAL_DIR") or ROOT / ".local")
FACTS = HOME / "dev.json"
USUAL_PORT = 8000
LOOK_SECONDS = 0.2


def main(**changes: Any) -> None:
    """Run until a signal, or until the emulated AWS dies. `changes` are for LocalWorld."""
    ending.at_first_signal(0)
    with ExitStack() as stack:
        try:
            stack.enter_context(locks.held(HOME / "dev.lock", seconds=0))
        except TimeoutError as error:
            raise SystemExit(_running() or str(error)) from error
        try:
            _run(changes)
        except (DeployFailed, Refused, RuntimeError, TimeoutError) as error:
            raise SystemExit(f"cannot go on: {error}") from error


def _run(changes: dict[str, Any]) -> None:
    began = time.monotonic()
    asked = Asked.of(os.environ)
    options: dict[str, Any] = {
        "state_dir": HOME / "state",
        "logs_dir": HOME / "logs",
        "world": asked.world.resolve(),
        "port": asked.port or ports.free_port(USUAL_PORT),
        "reset": asked.reset,
        "speed": asked.speed,
        "say": lambda text: print(text, flush=True),
    }
    world = LocalWorld(**(options | changes))
    try:
        with world:
            print(_summary(world.facts(), time.monotonic() - began), flush=True)
            _keep_facts(world)
    finally:
        FACTS.unlink(missing_ok=True)


def _keep_facts(world: LocalWorld) -> None:
    """Keep .local/dev.json true until the world breaks. Raises RuntimeError then."""
    written: dict[str, Any] = {}
    while world.broken is None:
        facts = world.facts() | {"pid": os.getpid()}
        if facts != written:
            draft = FACTS.with_suffix(".new")
            draft.write_text(json.dumps(facts, indent=2) + "\n")
            os.replace(draft, FACTS)
            written = facts
        time.sleep(LOOK_SECONDS)
    raise RuntimeError(world.broken)


def _running() -> str | None:
    if not FACTS.exists():
        return None
    facts = json.loads(FACTS.read_text())
    return f"already running here: process {facts['pid']}, {facts['baseUrl']}"


def _summary(facts: dict[str, Any], seconds: float) -> str:
    lines = {
        "API": facts["baseUrl"],
        "key": facts["apiKey"] or "(none: nothing was seeded)",
        "AWS": facts["awsUrl"],
        "schedules": f"{facts['schedulerUrl']}/_control/next",
        "X": facts["xWorldUrl"],
        "Stripe": f"{facts['stripeUrl']}/_control/state",
        "went out": f"{facts['deskUrl']}/",
        "receiver": f"{facts['deskUrl']}/hooks/ok",
        "logs": str(HOME / "logs"),
    }
    rows = [f"  {name:<10} {value}" for name, value in lines.items()]
    return "\n".join([f"ready after {seconds:.1f} s; Ctrl-C ends it", *rows])


if __name__ == "__main__":
    main()
