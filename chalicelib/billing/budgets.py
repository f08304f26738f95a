"""What an account has left: syncs of the UTC day, re-tests of the billing period. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chalicelib import clock


class Budget(NamedTuple):
    """Used and allowed; `remaining` is never negative, also after a downgrade."""

    used: int
    cap: int

    @property
    def remaining(self) -> int:
        return max(0, self.cap - self.used)


def daily_syncs(triggers: Sequence[str], cap: int, at: datetime) -> Budget:
    """The syncs that triggers took on the UTC day of `at`. Each begins with its own instant."""
    return Budget(sum(trigger.startswith(day(at)) for trigger in triggers), cap)


def still_counted(triggers: Sequence[str], now: datetime) -> list[str]:
    """Triggers of today and of what is ahead, and of yesterday, from which some may come late."""
    return [trigger for trigger in triggers if trigger >= day(now - timedelta(days=1))]


def retests(period: str | None, used: int, cap: int, period_start: datetime) -> Budget:
    """The re-tests used in the billing period that began at `period_start`."""
    return Budget(used if period == clock.iso(period_start) else 0, cap)


def day(at: datetime) -> str:
    """The UTC day that daily syncs count: 2026-07-05."""
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def period_start(subscribed: datetime | None, now: datetime) -> datetime:
    """The start of the billing period: the subscription's, or the UTC calendar month."""
    return subscribed or now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
