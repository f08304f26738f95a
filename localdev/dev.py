"""`python -m localdev.dev`: the whole system on this machine, until Ctrl-C.

PORT chooses the API's port, WORLD a file of X profiles, RESET=1 starts with no data, LOCAL_DIR is
where data and logs are kept (.local). SPEED=900 lets the clock of schedules run a quarter of an
hour a second.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import Any

from localdev import ending, facts, locks, ports
from localdev.asked import Asked, Refused
from localdev.bootstrap import DeployFailed
from localdev.facts import HOME
from localdev.processes import LocalWorld

USUAL_PORT = 8000
LOOK_SECONDS = 0.2


def main(**changes: Any) -> None:
    """Run until a signal, or until the emulated AWS dies. `changes` are for LocalWorld."""
    ending.at_first_signal(0)
    with ExitStack() as stack:
        try:
            stack.enter_context(locks.held(HOME / "dev.lock", seconds=0))
        except TimeoutError as error:
            raise SystemExit(_holder()) from error
        try:
            _run(changes)
        except (DeployFailed, Refused, RuntimeError, TimeoutError) as error:
            raise SystemExit(f"cannot go on: {error}") from error


def _run(changes: dict[str, Any]) -> None:
    began = time.monotonic()
    facts.forget()  # what a killed predecessor left is not true of this one
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
        facts.forget()


def _keep_facts(world: LocalWorld) -> None:
    """Keep .local/dev.json true until the world breaks. Raises RuntimeError then."""
    written: dict[str, Any] = {}
    while world.broken is None:
        now = world.facts() | {"pid": os.getpid()}
        if now != written:
            facts.write(now)
            written = now
        time.sleep(LOOK_SECONDS)
    raise RuntimeError(world.broken)


def _holder() -> str:
    try:
        there = facts.read()
    except facts.NotRunning:
        return "another local world starts or ends here just now"
    return f"already running here: process {there['pid']}, {there['baseUrl']}"


def _summary(there: dict[str, Any], seconds: float) -> str:
    lines = {
        "API": there["baseUrl"],
        "key": there["apiKey"] or "(none: nothing was seeded)",
        "AWS": there["awsUrl"],
        "schedules": f"{there['schedulerUrl']}/_control/next",
        "X": there["xWorldUrl"],
        "Stripe": f"{there['stripeUrl']}/_control/state",
        "went out": f"{there['deskUrl']}/",
        "receiver": f"{there['deskUrl']}/hooks/ok",
        "logs": str(HOME / "logs"),
    }
    rows = [f"  {name:<10} {value}" for name, value in lines.items()]
    return "\n".join([f"ready after {seconds:.1f} s; Ctrl-C ends it", *rows])


if __name__ == "__main__":
    main()
