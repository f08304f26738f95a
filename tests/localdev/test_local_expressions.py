"""When schedules fire: expressions, zones and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.scheduling.rules import next_run
from localdev.scheduler.expressions import InvalidExpression, Timing, parse, to_instant

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"


def instants(text: str, zone: str, after: str, count: int) -> list[str]:
    """The next firings as UTC minutes; fewer than `count` when they come to an end."""
    expression = parse(text, ZoneInfo(zone), first=FIRST)
    found: list[str] = []
    instant: datetime | None = datetime.fromisoformat(after)
    while len(found) < count:
        instant = expression.after(instant)
        if instant is None:
            break
        found.append(instant.strftime("%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        # Ordinary days: the zone decides, not UTC.
        ("cron(0 9 * * ? *)", NEW_YORK, "2026-01-10T00:00Z", ["01-10 14:00", "01-11 14:00"]),
        ("cron(0 9 * * ? *)", NEW_YORK, "2026-07-10T00:00Z", ["07-10 13:00", "07-11 13:00"]),
        ("cron(0 9 * * ? *)", "Asia/Kolkata", "2026-07-10T00:00Z", ["07-10 03:30", "07-11 03:30"]),
        # New York springs forward on 8 March 2026: 02:30 does not exist, 03:00 does.
        ("cron(30 2 * * ? *)", NEW_YORK, "2026-03-07T00:00Z", ["03-07 07:30", "03-09 06:30"]),
        ("cron(0 3 * * ? *)", NEW_YORK, "2026-03-07T00:00Z", ["03-07 08:00", "03-08 07:00"]),
        # New York falls back on 1 November 2026: 01:30 occurs twice and fires at the first.
        ("cron(30 1 * * ? *)", NEW_YORK, "2026-10-31T12:00Z", ["11-01 05:30", "11-02 06:30"]),
        ("cron(30 1 * * ? *)", NEW_YORK, "2026-11-01T05:30Z", ["11-02 06:30"]),
        ("cron(30 1 * * ? *)", NEW_YORK, "2026-11-01T06:15Z", ["11-02 06:30"]),
        # Berlin: 29 March and 25 October 2026.
        ("cron(30 2 * * ? *)", BERLIN, "2026-03-28T00:00Z", ["03-28 01:30", "03-30 00:30"]),
        ("cron(15 2 * * ? *)", BERLIN, "2026-10-24T12:00Z", ["10-25 00:15", "10-26 01:15"]),
        ("cron(0 0 * * ? *)", BERLIN, "2026-10-24T12:00Z", ["10-24 22:00", "10-25 23:00"]),
        # Lord Howe moves by half an hour: 02:00-02:30 is missing on 4 October 2026, and
        # 01:30-02:00 occurs twice on 5 April.
        ("cron(15 2 * * ? *)", LORD_HOWE, "2026-10-02T12:00Z", ["10-02 15:45", "10-04 15:15"]),
        ("cron(30 2 * * ? *)", LORD_HOWE, "2026-10-03T12:00Z", ["10-03 15:30", "10-04 15:30"]),
        ("cron(45 1 * * ? *)", LORD_HOWE, "2026-04-04T00:00Z", ["04-04 14:45", "04-05 15:15"]),
        # Fields of cron.
        ("cron(0 8 ? * MON-FRI *)", "UTC", "2026-07-03T09:00Z", ["07-06 08:00", "07-07 08:00"]),
        ("cron(0 8 ? * 2-6 *)", "UTC", "2026-07-03T09:00Z", ["07-06 08:00", "07-07 08:00"]),
        ("cron(0 8 ? * 1 *)", "UTC", "2026-07-03T09:00Z", ["07-05 08:00", "07-12 08:00"]),
        ("cron(0 8 ? * 6L *)", "UTC", "2026-07-03T09:00Z", ["07-31 08:00", "08-28 08:00"]),
        ("cron(0 8 ? * 2#1 *)", "UTC", "2026-07-03T09:00Z", ["07-06 08:00", "08-03 08:00"]),
        ("cron(0 8 ? * L *)", "UTC", "2026-07-03T09:00Z", ["07-04 08:00", "07-11 08:00"]),
        ("cron(0 8 L * ? *)", "UTC", "2026-01-31T09:00Z", ["02-28 08:00", "03-31 08:00"]),
        ("cron(0/20 8 * * ? *)", "UTC", "2026-07-03T08:10Z", ["07-03 08:20", "07-03 08:40"]),
        ("cron(0 8,20 1 JAN,JUL ? *)", "UTC", "2026-06-03T00:00Z", ["07-01 08:00", "07-01 20:00"]),
        ("cron(0 8 29 2 ? *)", "UTC", "2026-06-03T00:00Z", ["02-29 08:00", "02-29 08:00"]),
        ("cron(0 8 31 12 ? 2027-2028)", "UTC", "2026-06-03T00:00Z", ["12-31 08:00", "12-31 08:00"]),
        ("cron(0 8 1 1 ? 2020/4)", "UTC", "2026-06-03T00:00Z", ["01-01 08:00", "01-01 08:00"]),
        # One-time.
        ("at(2026-07-05T06:15:00)", "Europe/Lisbon", "2026-07-05T00:00Z", ["07-05 05:15"]),
        ("at(2026-03-08T02:30:00)", NEW_YORK, "2026-03-01T00:00Z", []),
        ("at(2026-11-01T01:30:00)", NEW_YORK, "2026-10-01T00:00Z", ["11-01 05:30"]),
        # Rates count in hours of 24 to the day, whatever the zone.
        ("rate(5 minutes)", "UTC", "2026-01-01T00:00Z", ["01-01 00:05", "01-01 00:10"]),
        ("rate(1 day)", NEW_YORK, "2026-03-07T12:00Z", ["03-08 00:00", "03-09 00:00"]),
        ("rate(1 hour)", "UTC", "2025-12-01T00:00Z", ["01-01 00:00", "01-01 01:00"]),
    ],
)  # fmt: skip
def test_next_firings(text: str, zone: str, after: str, expected: list[str]) -> None:
    assert instants(text, zone, after, 2)[: len(expected) or 1] == expected


def test_years_come_to_an_end() -> None:
    assert instants("cron(0 8 1 1 ? 2025,2027)", "UTC", "2026-06-03T00:00Z", 3) == ["01-01 08:00"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "cron(0 9 * * *)",
        "cron(0 9 * * * *)",
        "cron(0 9 ? * ? *)",
        "cron(60 9 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 9 ? * 0 *)",
        "cron(0 9 ? * 8 *)",
        "cron(0 9 30 2 ? *)",
        "cron(0 9 * * ? 26)",
        "cron(0 9 * * ? 1969)",
        "cron(0 9 3W * ? *)",
        "at(2026-07-05)",
        "at(2026-02-30T00:00:00)",
        "at(2026-07-05T06:15:00Z)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "rate(5)",
    ],
)
def test_refused_expressions(text: str) -> None:
    with pytest.raises(InvalidExpression):
        parse(text, ZoneInfo("UTC"), first=FIRST)


@pytest.mark.parametrize(
    ("start", "end", "after", "expected"),
    [
        ("2026-05-03T00:00Z", None, "2026-05-01T12:00Z", "2026-05-03T09:00Z"),
        ("2026-05-03T09:00Z", None, "2026-05-01T12:00Z", "2026-05-03T09:00Z"),
        (None, "2026-05-02T09:00Z", "2026-05-01T12:00Z", "2026-05-02T09:00Z"),
        (None, "2026-05-02T08:59Z", "2026-05-01T12:00Z", None),
    ],
)
def test_dates_of_force(start: str | None, end: str | None, after: str, expected: str) -> None:
    day = parse("cron(0 9 * * ? *)", ZoneInfo("UTC"), first=FIRST)
    begin, stop = (datetime.fromisoformat(text) if text else None for text in (start, end))
    found = Timing(day, begin, stop).after(datetime.fromisoformat(after))
    assert found == (datetime.fromisoformat(expected) if expected else None)


def test_dates_of_force_do_not_concern_one_time_schedules() -> None:
    once = parse("at(2026-05-01T09:00:00)", ZoneInfo("UTC"), first=FIRST)
    late = datetime(2026, 6, 1, tzinfo=UTC)
    assert Timing(once, start=late).after(FIRST) == datetime(2026, 5, 1, 9, tzinfo=UTC)


@given(
    zone=st.sampled_from([NEW_YORK, BERLIN, LORD_HOWE, "UTC"]),
    minute=st.sampled_from([0, 15, 30, 45]),
    hour=st.integers(0, 23),
    day=st.integers(0, 360),
)
def test_a_daily_time_fires_once_on_each_day_that_has_it(
    zone: str, minute: int, hour: int, day: int
) -> None:
    local = ZoneInfo(zone)
    expression = parse(f"cron({minute} {hour} * * ? *)", local, first=FIRST)
    instant = FIRST + timedelta(days=day)
    fired = []
    for _ in range(5):
        found = expression.after(instant)
        assert found is not None
        fired.append(found)
        instant = found
    walls = [found.astimezone(local).replace(tzinfo=None) for found in fired]
    assert {(wall.hour, wall.minute) for wall in walls} == {(hour, minute)}
    for before, after in pairwise(walls):
        assert after > before
        for days in range(1, (after - before).days):
            assert to_instant(before + timedelta(days=days), local) is None


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, LORD_HOWE, "Pacific/Apia"])
@pytest.mark.parametrize("text", ["00:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00"])
def test_next_run_at_is_the_instant_at_which_the_clock_fires(zone: str, text: str) -> None:
    """For every day of three years: what the API announces and what the schedule does agree."""
    hour, minute = map(int, text.split(":"))
    cron = parse(f"cron({minute} {hour} * * ? *)", ZoneInfo(zone), first=FIRST)
    announced: datetime | None = FIRST
    fired: datetime | None = FIRST
    for _ in range(3 * 365):
        assert announced is not None
        assert fired is not None
        announced, fired = next_run([text], zone, announced), cron.after(fired)
        assert announced == fired
