"""Keeping to a vendor's rate limit together: one bucket of calls for all workers of all users.

Time is cut into slices of five seconds. For each slice a vendor's calls stand in a few rows of a
table, so that no row is written more than the table can bear; a worker takes a handful at a time by
one conditional update, and what it has not used when the slice ends is lost, not kept. A worker
that gets none waits for a slice or two; then it is told so and can do better with its time.
"""

from __future__ import annotations

import random as stdlib_random
import threading
import time
from collections.abc import Callable
from math import ceil

from pynamodb.attributes import UnicodeAttribute

from chalicelib import clock, db
from chalicelib.upstreams.errors import Crowded

SLICE_SECONDS = 5.0
WINDOW_SLICES = 12
"""A vendor counts the calls of any minute."""
SPARE_SLICES = 2
"""Slices beyond those that any window can touch: it may begin and end within one, and a call that
was let go at the end of a slice may arrive in the next."""
HANDFUL = 3
"""Calls that one update takes: what a worker can make of a slice, at a second or two each."""
CALLS_PER_ROW = 600
"""Calls a minute that one row is asked for; a partition bears a thousand writes a second."""
PATIENCE_SECONDS = 6.0
"""How long a worker waits for its turn before it is told to come back."""
TRIES = 3
"""Rows that are tried before a slice is taken to be empty."""


class PaceItem(db.Table):
    """Calls to one vendor that were taken out of one slice's share of one row."""

    class Meta(db.Meta):
        name = "pace"

    bucket = UnicodeAttribute(hash_key=True)
    used = db.IntegerAttribute(default=0)
    expires = db.IntegerAttribute()
    """Seconds since 1970."""


class Pace:
    """Lets calls to one vendor go so that at most `per_minute` arrive in any minute.

    One serves all threads of a process; all processes share the table. `slice_seconds` is changed
    by tests alone: the window is always twelve slices.
    """

    def __init__(
        self,
        vendor: str,
        per_minute: int,
        *,
        slice_seconds: float = SLICE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = stdlib_random.random,
        seconds: Callable[[], float] = lambda: clock.now().timestamp(),
    ) -> None:
        share = per_minute / (WINDOW_SLICES + SPARE_SLICES)
        self._rows = max(1, ceil(per_minute / CALLS_PER_ROW))
        self._per_row = max(1, int(share / self._rows))
        self._handful = min(HANDFUL, self._per_row)
        self._vendor = vendor
        self._slice_seconds = slice_seconds
        self._sleep = sleep
        self._random = random
        self._seconds = seconds
        self._lock = threading.Lock()
        self._slice, self._left = -1, 0

    def wait(self, seconds_left: float) -> None:
        """Return when one call may go. Raises Crowded when that would take too long."""
        patience = min(PATIENCE_SECONDS, seconds_left)
        while not self._take():
            pause = self._until_next_slice()
            if pause > patience:
                raise Crowded(self._vendor, "its calls are used up for the moment", pause)
            self._sleep(pause)
            patience -= pause

    def _take(self) -> bool:
        now = self._now()
        with self._lock:
            if self._slice == now and self._left:
                self._left -= 1
                return True
        if not self._fetch(now):
            return False
        with self._lock:
            spare = self._left if self._slice == now else 0
            self._slice, self._left = now, spare + self._handful - 1
        return now == self._now()  # fetched too late: what was for that slice is gone

    def _fetch(self, now: int) -> bool:
        first = int(self._random() * self._rows)
        for number in range(min(TRIES, self._rows)):
            row = (first + number) % self._rows
            item = PaceItem(f"{self._vendor}#{now}#{row}")
            try:
                with db.conditional():
                    item.update(
                        actions=[
                            PaceItem.used.add(self._handful),
                            PaceItem.expires.set(int(self._seconds()) + 3600),
                        ],
                        condition=PaceItem.used.does_not_exist()
                        | (PaceItem.used <= self._per_row - self._handful),
                    )
            except db.Conflict:
                continue
            return True
        return False

    def _now(self) -> int:
        """The number of the slice that it is."""
        return int(self._seconds() / self._slice_seconds)

    def _until_next_slice(self) -> float:
        """Seconds, and a little more, so that not everybody comes in the same instant."""
        left = self._slice_seconds - self._seconds() % self._slice_seconds
        return left + self._random() * self._slice_seconds / 10
