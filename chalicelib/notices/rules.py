"""Who is told what of a run, and how long to wait when somebody takes no mail. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WAITS: Final = (60, 300, 900, 3600, 3600, 3600, 7200, 7200, 14400, 14400)
"""Seconds from one try to the next while a channel takes nothing: 15 hours in all."""
SETTLING: Final = timedelta(minutes=1)
"""A digest ends a minute before it is written: later leads may not all be there yet."""
_PERIODS: Final = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


def next_try(put_off: int, now: datetime) -> datetime | None:
    """When to try again what was put off so often; None is never."""
    return now + timedelta(seconds=WAITS[put_off]) if put_off < len(WAITS) else None


def rhythms_due(at: datetime, timezone: str) -> tuple[str, ...]:
    """The rhythms whose digest is due when the schedule fires: the weekly one on Mondays."""
    is_monday = at.astimezone(ZoneInfo(timezone)).weekday() == 0
    return ("daily", "weekly") if is_monday else ("daily",)


def span_of(rhythm: str, at: datetime, last: datetime | None) -> tuple[datetime, datetime]:
    """What a digest is about: from the end of the last one, but no more than two periods back."""
    period = _PERIODS[rhythm]
    until = at - SETTLING
    if last is None:
        return until - period, until
    return max(last, until - 2 * period), until


def day_of(at: datetime, timezone: str) -> str:
    """The day on which something happened, as the user counts days."""
    return at.astimezone(ZoneInfo(timezone)).date().isoformat()


def names(words: Iterable[str], most: int = 3) -> str:
    """A few of many, for a sentence: `a, b and 4 more`."""
    all_words = list(words)
    shown = all_words[:most]
    left = len(all_words) - len(shown)
    if left:
        return f"{', '.join(shown)} and {left} more"
    if len(shown) > 1:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return "".join(shown)
