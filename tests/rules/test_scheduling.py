"""When a stream runs next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.scheduling.rules import default_slot, is_timezone, next_run


@pytest.mark.parametrize(
    ("times", "zone", "now", "expected"),
    [
        (["07:15"], "Europe/Lisbon", "2026-07-05T05:00:00", "2026-07-05T06:15:00Z"),
        (["07:15"], "Europe/Lisbon", "2026-07-05T06:15:00", "2026-07-06T06:15:00Z"),
        (["07:15", "19:00"], "UTC", "2026-07-05T08:00:00", "2026-07-05T19:00:00Z"),
        (["00:00"], "Pacific/Kiritimati", "2026-07-05T09:59:00", "2026-07-05T10:00:00Z"),
        (["00:00"], "Pacific/Pago_Pago", "2026-07-05T11:30:00", "2026-07-06T11:00:00Z"),
        ([], "UTC", "2026-07-05T08:00:00", None),
        # New York, 8 March 2026: 02:30 does not exist, so that day is left out.
        (["02:30"], "America/New_York", "2026-03-08T05:00:00", "2026-03-09T06:30:00Z"),
        # New York, 1 November 2026: 01:30 comes twice; the first counts, the second does not.
        (["01:30"], "America/New_York", "2026-11-01T04:00:00", "2026-11-01T05:30:00Z"),
        (["01:30"], "America/New_York", "2026-11-01T05:30:00", "2026-11-02T06:30:00Z"),
        # Berlin, 29 March and 25 October 2026.
        (["02:30"], "Europe/Berlin", "2026-03-28T23:30:00", "2026-03-30T00:30:00Z"),
        (["02:30"], "Europe/Berlin", "2026-10-24T23:00:00", "2026-10-25T00:30:00Z"),
        (["02:30"], "Europe/Berlin", "2026-10-25T00:30:00", "2026-10-26T01:30:00Z"),
        # Lord Howe moves by half an hour: 02:15 does not exist on 4 October 2026.
        (["02:15"], "Australia/Lord_Howe", "2026-10-03T15:00:00", "2026-10-04T15:15:00Z"),
        (["01:45"], "Australia/Lord_Howe", "2026-04-04T14:00:00", "2026-04-04T14:45:00Z"),
    ],
)
def test_next_run(times: list[str], zone: str, now: str, expected: str | None) -> None:
    found = next_run(times, zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (found and clock.iso(found)) == expected


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.sets(st.sampled_from([f"{h:02d}:{m}" for h in range(24) for m in ("00", "15", "30", "45")])),
)
def test_the_next_run_is_in_the_future_at_one_of_the_times(
    naive: datetime, zone: str, times: set[str]
) -> None:
    from zoneinfo import ZoneInfo

    now = naive.replace(tzinfo=UTC)
    found = next_run(sorted(times), zone, now)
    if not times:
        assert found is None
        return
    assert found is not None
    assert found > now
    assert found.astimezone(ZoneInfo(zone)).strftime("%H:%M") in times
    assert (found - now).days <= 2


def test_default_slots_are_quarter_hours_that_spread() -> None:
    slots = {default_slot(str(account)) for account in range(2000)}
    assert len(slots) == 96
    assert all(slot[3:] in ("00", "15", "30", "45") for slot in slots)
    assert default_slot("42") == default_slot("42")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Europe/Lisbon", True),
        ("UTC", True),
        ("Europe", False),
        ("Factory", False),
        ("localtime", False),
        ("../etc/passwd", False),
        ("", False),
    ],
)
def test_timezones(name: str, known: bool) -> None:
    assert is_timezone(name) is known
