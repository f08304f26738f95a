"""How a receiver has been lately: one that is down or slow makes its own messages wait, and no
worker, so that everybody else's messages pass it by.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Timer

from chalicelib import clock
from chalicelib.delivery import rules
from chalicelib.delivery.receivers import Receiver
from chalicelib.delivery.table import HEALTH, HealthItem, expiry
from chalicelib.open_web.client import SECONDS
from chalicelib.telemetry import logger

SLOW_AFTER = 0.5
"""Seconds without an answer after which a receiver's other messages do not call it as well."""
_LOOK_AGAIN = timedelta(seconds=2)
"""A slow receiver may answer at any moment: whoever waits for it looks again this soon."""


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a receiver when a message for it comes."""

    receiver: Receiver
    row: HealthItem | None

    @classmethod
    def of(cls, receiver: Receiver, row: HealthItem | None) -> Health:
        """What another address did says nothing about this one."""
        return cls(receiver, row if row is not None and row.url == receiver.url else None)

    def pause(self, now: datetime, spread: float) -> timedelta:
        """How long a message waits before it may call; zero is not at all.

        `spread` keeps those that waited together from calling together.
        """
        if self.row is None:
            return timedelta()
        resting = max((self.row.rests_until or now) - now, timedelta())
        slow = max((self.row.slow_until or now) - now, timedelta())
        return max(resting, min(slow, _LOOK_AGAIN)) * (1 + spread / 2)

    def after_failure(self, now: datetime) -> HealthItem:
        """Its row once it failed again."""
        before = self.row
        since = now if before is None or before.failing_since is None else before.failing_since
        failures = 1 + (0 if before is None else before.failures)
        rest = rules.rest(failures, now - since)
        return HealthItem(
            self.receiver.key,
            HEALTH,
            url=self.receiver.url,
            failures=failures,
            failing_since=since,
            rests_until=None if rest is None else now + rest,
            expires=expiry(now),
        )


@contextmanager
def watched(receiver: Receiver) -> Iterator[Event]:
    """Note, while a call lasts, that it lasts; the event says whether that was noted."""
    noted = Event()
    timer = Timer(SLOW_AFTER, partial(_note_slow, receiver, noted))
    timer.daemon = True
    timer.start()
    try:
        yield noted
    finally:
        timer.cancel()


def _note_slow(receiver: Receiver, noted: Event) -> None:
    now = clock.now()
    noted.set()
    try:
        HealthItem(receiver.key, HEALTH).update(
            actions=[
                HealthItem.kind.set(HealthItem),
                HealthItem.url.set(receiver.url),
                HealthItem.failures.add(0),
                HealthItem.slow_until.set(now + timedelta(seconds=SECONDS - SLOW_AFTER)),
                HealthItem.expires.set(expiry(now)),
            ]
        )
    except Exception:  # it only saves workers; the call itself goes on
        logger.exception("could not note that a receiver is slow")
