"""The scheduler's clock: the real one, or one that a developer moved or sped up."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Starts at the real time. `real` gives seconds since 1970, as `time.time` does."""

    def __init__(self, speed: float = 1.0, real: Callable[[], float] = time.time) -> None:
        """`speed` is how many of our seconds pass in one real second."""
        self._speed = speed
        self._real = real
        self.set(datetime.fromtimestamp(real(), UTC))

    def now(self) -> datetime:
        """The time on this clock, in UTC."""
        return self._set_to + timedelta(seconds=(self._real() - self._set_at) * self._speed)

    def set(self, instant: datetime) -> None:
        """Make it `instant` now."""
        self._set_at = self._real()
        self._set_to = instant.astimezone(UTC)

    def seconds_until(self, instant: datetime) -> float:
        """Real seconds until this clock shows `instant`; never below zero."""
        return max(0.0, (instant - self.now()).total_seconds() / self._speed)
