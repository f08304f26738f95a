"""When a message is tried again, when its receiver rests, what a filter lets pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.delivery import rules
from chalicelib.webhooks.filtering import Trait, passes, wants

NOW = datetime(2026, 7, 5, 6, 16, 40, tzinfo=UTC)
PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400)
"""Seconds, as the contract lists them."""


@pytest.mark.parametrize(("tried", "seconds"), list(enumerate(PAUSES, 1)))
@pytest.mark.parametrize(("spread", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_pauses_grow_and_vary_by_a_fifth(
    tried: int, seconds: int, spread: float, factor: float
) -> None:
    pause = rules.next_pause(tried, spread, asked=None)
    assert pause == timedelta(seconds=seconds * factor)


def test_after_the_last_pause_there_is_none() -> None:
    assert rules.next_pause(len(PAUSES) + 1, 0.5, asked=timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=2), timedelta(minutes=2)),
        (timedelta(days=30), timedelta(days=1)),
    ],
)
def test_a_receiver_may_ask_for_more_time_but_not_for_less(
    asked: timedelta, pause: timedelta
) -> None:
    assert rules.next_pause(1, 0.5, asked=asked) == pause


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("99999999999999999999", 86_400),
        ("Sun, 05 Jul 2026 06:17:40 GMT", 60),
        ("Sun, 05 Jul 2026 06:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
        ("", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999", None),
    ],
)
def test_retry_after(header: str | None, seconds: int | None) -> None:
    found = rules.retry_after(header, NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


def test_spread_is_even_and_repeats_itself() -> None:
    found = [rules.spread(f"msg_{number}", "r", 0) for number in range(1000)]
    assert all(0 <= each < 1 for each in found)
    assert 0.45 < sum(found) / len(found) < 0.55
    assert found[7] == rules.spread("msg_7", "r", 0)
    assert found[7] != rules.spread("msg_7", "r", 1)


@pytest.mark.parametrize(
    ("failures", "seconds", "rest"),
    [
        (1, 0, None),
        (2, 3600, None),
        (3, 0, 10),
        (3, 60, 30),
        (50, 600, 300),
        (900, 86_400, 300),
    ],
)
def test_rest_is_half_of_the_outage(failures: int, seconds: int, rest: int | None) -> None:
    found = rules.rest(failures, timedelta(seconds=seconds))
    assert found == (None if rest is None else timedelta(seconds=rest))


def test_five_days_are_enough() -> None:
    assert not rules.is_hopeless(timedelta(days=4, hours=23))
    assert rules.is_hopeless(timedelta(days=5))


LEAD = Trait(stream_id=905, account_id=31, source="new_follower", confidence="high")


@pytest.mark.parametrize(
    ("given", "verdict", "is_wanted"),
    [
        ({}, None, True),
        ({"stream_id": 905}, None, True),
        ({}, "good", False),
        ({"feedback_status": "good"}, "good", True),
        ({"feedback_status": "good"}, "bad", False),
        ({"feedback_status": "good"}, None, False),
        ({"segment_id": 77}, None, False),
        ({"segmentId": 77}, None, False),
        ({"savedSearchId": 77}, None, False),
        ({"saved_search_id": None}, None, False),
        ({"stream_id": 905, "segmentId": 77}, None, False),
        ({"segmentId": 77, "feedback_status": "good"}, "good", False),
    ],
)
def test_what_a_filter_is_for(
    given: dict[str, Any], verdict: str | None, *, is_wanted: bool
) -> None:
    assert wants(given, verdict=verdict) is is_wanted


@pytest.mark.parametrize(
    ("given", "lets_pass"),
    [
        ({}, True),
        ({"stream_id": 905}, True),
        ({"stream_id": 906}, False),
        ({"account_id": 31}, True),
        ({"account_id": 32}, False),
        ({"match_confidence": "high"}, True),
        ({"match_confidence": "medium"}, False),
        ({"source_type": "follower"}, True),
        ({"source_type": "liker"}, False),
        ({"stream_id": 905, "account_id": 31, "match_confidence": "high"}, True),
        ({"stream_id": 905, "account_id": 31, "match_confidence": "medium"}, False),
    ],
)
def test_all_that_is_given_must_hold(given: dict[str, Any], *, lets_pass: bool) -> None:
    assert passes(given, LEAD) is lets_pass


@pytest.mark.parametrize(
    ("source", "asked"),
    [("existing_follower", "follower"), ("new_follower", "follower"), ("liker", "liker")],
)
def test_sources(source: str, asked: str) -> None:
    lead = Trait(905, 31, source, "medium")
    assert passes({"source_type": asked}, lead)
    assert not passes({"source_type": "liker" if asked == "follower" else "follower"}, lead)
