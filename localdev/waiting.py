"""Waiting for something that another process does, with a limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(probe: Callable[[], T], *, seconds: float, what: str, every: float = 0.02) -> T:
    """The first truthy answer of `probe`, asked each `every` seconds.

    Raises TimeoutError naming `what` when `seconds` have passed without one.
    """
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        pause.wait(every)
