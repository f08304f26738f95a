"""What an account has left: syncs of the UTC day, re-tests of the billing period. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chalicelib import clock


class Budget(NamedTuple):
    """Used and allowed; `remaining` is never negative, also after a downgrade."""

    used: int
    cap: int

    @property
    def remaining(self) -> int:
        return max(0, self.cap - self.used)


def daily_syncs(slot_day: str | None, triggers: Sequence[str], cap: int, now: datetime) -> Budget:
    """The syncs that triggers took on the UTC day of `now`."""
    return Budget(len(triggers) if slot_day == day(now) else 0, cap)


def retests(period: str | None, used: int, cap: int, period_start: datetime) -> Budget:
    """The re-tests used in the billing period that began at `period_start`."""
    return Budget(used if period == clock.iso(period_start) else 0, cap)


def day(now: datetime) -> str:
    """The UTC day that daily syncs count: 2026-07-05."""
    return now.strftime("%Y-%m-%d")


def period_start(subscribed: datetime | None, now: datetime) -> datetime:
    """The start of the billing period: the subscription's, or the UTC calendar month."""
    return subscribed or now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
