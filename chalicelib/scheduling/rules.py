"""When a stream runs: times of day in a zone, as instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from zoneinfo import ZoneInfo, available_timezones

_QUARTERS = 24 * 4


_NOWHERE = frozenset({"Factory", "localtime"})
"""What stands among the zones and is no place: a clock not yet set, and that of this machine."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOWHERE


def is_timezone(name: str) -> bool:
    """Whether this is the name of an IANA time zone."""
    return name in _zones()


def default_slot(account: str) -> str:
    """The quarter hour at which a stream runs when nobody chose one.

    A hash of the account spreads the load over the day and gives streams of one account one slot.
    """
    quarter = int.from_bytes(sha256(account.encode()).digest()[:4], "big") % _QUARTERS
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"


def next_run(sync_times: Sequence[str], timezone: str, now: datetime) -> datetime | None:
    """The first instant after `now` at which one of the times of day comes round in the zone.

    A time that a clock change leaves out is skipped on that day; one that comes twice counts at
    the first. None without sync times.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    for days in range(-1, 4):
        instants = [
            instant
            for text in sync_times
            if (instant := _instant(today + timedelta(days), text, zone)) and instant > now
        ]
        if instants:
            return min(instants)
    return None


def _instant(day: date, text: str, zone: ZoneInfo) -> datetime | None:
    local = datetime.combine(day, time.fromisoformat(text), tzinfo=zone)
    instant = local.astimezone(UTC)
    exists = instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    return instant if exists else None
