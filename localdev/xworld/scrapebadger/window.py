"""The sliding-minute rate limit of one account."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Window:
    """Allows `limit` requests in any 60 seconds."""

    def __init__(self, limit: int, now: Callable[[], float]) -> None:
        self.limit = limit
        self._now = now
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Count one request; False, and not counted, when the minute is full."""
        if self.remaining == 0:
            return False
        self._taken.append(self._now())
        return True

    @property
    def remaining(self) -> int:
        """Requests that the minute still allows."""
        while self._taken and self._taken[0] <= self._now() - 60:
            self._taken.popleft()
        return max(0, self.limit - len(self._taken))

    @property
    def reset_at(self) -> int:
        """Unix seconds when the oldest request of the minute no longer counts, rounded up."""
        oldest = self._taken[0] if self._taken else self._now()
        return int(oldest + 60) + 1
