"""Keeps child processes running: what dies is started again, with growing pauses."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from localdev.children import Child

LOOK_SECONDS = 0.05
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
STEADY_SECONDS = 10.0
"""A child that ran this long starts over with the shortest pause."""


@dataclass
class _Charge:
    child: Child
    essential: bool
    started: float
    pause: float = 0.0
    due: float | None = None


class Supervisor:
    """Watches the children that were added, from a thread of its own."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` takes what a person should read."""
        self._say = say
        self._charges: list[_Charge] = []
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.broken: str | None = None
        """Why there is nothing left to do: an essential child died."""

    def start(self, child: Child, *, essential: bool = False) -> None:
        """Start a child. One that is `essential` is not started again when it dies."""
        child.start()
        self._charges.append(_Charge(child, essential, time.monotonic()))

    def watch(self) -> None:
        """From now on, start again what dies."""
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all children: the essential ones last, once nobody needs them any more."""
        self._ending.set()
        if self._thread:
            self._thread.join()
        for essential in (False, True):
            group = [charge.child for charge in self._charges if charge.essential is essential]
            for child in group:
                child.send(signal.SIGTERM)
            for child in group:
                child.wait()

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS) and self.broken is None:
            for charge in self._charges:
                if not charge.child.alive:
                    self._revive(charge)

    def _revive(self, charge: _Charge) -> None:
        child, now = charge.child, time.monotonic()
        if charge.essential:
            lines = child.last_lines()
            self.broken = f"{child.name} ended with status {child.exit_status}:\n{lines}"
        elif charge.due is None:
            steady = now - charge.started > STEADY_SECONDS
            longer = min(2 * charge.pause, LONGEST_PAUSE)
            charge.pause = FIRST_PAUSE if steady else max(longer, FIRST_PAUSE)
            charge.due = now + charge.pause
            self._say(
                f"{child.name} ended with status {child.exit_status}; "
                f"again in {charge.pause:g} s\n{child.last_lines(5)}"
            )
        elif now >= charge.due:
            child.start()
            charge.started, charge.due = now, None
