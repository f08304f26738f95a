"""All workers together keep to a vendor's rate limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from random import Random

import httpx
import pytest

from chalicelib.upstreams import AccountRef, Usage
from chalicelib.upstreams.errors import Crowded
from chalicelib.upstreams.health import Health
from chalicelib.upstreams.pace import (
    PATIENCE_SECONDS,
    SLICE_SECONDS,
    WINDOW_SLICES,
    Pace,
    PaceItem,
)
from chalicelib.upstreams.profiles import Profiles
from chalicelib.upstreams.scrapebadger import ScrapeBadger
from chalicelib.upstreams.transport import Transport

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC).timestamp()


class Hands:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = START

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def __call__(self) -> float:
        return self.seconds


def _pace(hands: Hands, per_minute: int, *, vendor: str = "badger") -> Pace:
    return Pace(vendor, per_minute, sleep=hands.sleep, random=lambda: 0.0, seconds=hands)


def _taken(pace: Pace) -> int:
    """All that the slice has for whoever asks again and again."""
    taken = refused = 0
    while refused < 10:
        try:
            pace.wait(0.0)
        except Crowded:
            refused += 1
        else:
            taken += 1
    return taken


@pytest.mark.usefixtures("aws")
class TestOneWorker:
    @pytest.mark.parametrize("per_minute", [14, 60, 300, 1_000, 5_000])
    def test_a_minute_never_has_more_than_it_may(self, per_minute: int) -> None:
        hands = Hands()
        chance = Random(7).random  # noqa: S311 - a wide bucket is spread over rows
        pace = Pace("badger", per_minute, sleep=hands.sleep, random=chance, seconds=hands)
        taken = []
        for _ in range(WINDOW_SLICES + 1):  # what any minute can touch
            taken.append(_taken(pace))
            hands.sleep(SLICE_SECONDS)
        assert sum(taken) <= per_minute
        assert sum(taken[:WINDOW_SLICES]) >= per_minute * 0.5

    def test_who_waits_a_little_gets_the_next_slice(self) -> None:
        hands = Hands()
        pace = _pace(hands, 60)
        _taken(pace)
        pace.wait(30.0)
        assert hands.seconds == START + SLICE_SECONDS

    def test_who_would_wait_long_is_told_when_to_come(self) -> None:
        hands = Hands()
        other, pace = _pace(hands, 60), _pace(hands, 60)
        _taken(other)
        with pytest.raises(Crowded) as crowded:
            pace.wait(1.0)
        assert crowded.value.retry_after == SLICE_SECONDS
        assert hands.seconds == START

    def test_patience_ends(self) -> None:
        hands = Hands()
        others, pace = _pace(hands, 60), _pace(hands, 60)

        def sleep(seconds: float) -> None:
            hands.sleep(seconds)
            _taken(others)  # somebody is always quicker

        pace = Pace("badger", 60, sleep=sleep, random=lambda: 0.0, seconds=hands)
        _taken(others)
        with pytest.raises(Crowded):
            pace.wait(60.0)
        assert hands.seconds <= START + PATIENCE_SECONDS

    def test_vendors_do_not_share(self) -> None:
        hands = Hands()
        _taken(_pace(hands, 60))
        assert _taken(_pace(hands, 60, vendor="kaito")) > 0

    def test_few_updates_for_many_calls(self) -> None:
        hands = Hands()
        taken = _taken(_pace(hands, 300))
        rows = list(PaceItem.scan())
        assert sum(row.used for row in rows) == taken == 21
        assert all(row.expires > START for row in rows)

    def test_what_was_not_used_in_its_slice_is_lost(self) -> None:
        hands = Hands()
        pace = _pace(hands, 60)
        pace.wait(0.0)
        for _ in range(3):
            hands.sleep(SLICE_SECONDS)
            assert _taken(pace) <= 4


def _most_in_a_window(instants: list[float], window: float) -> int:
    ordered = sorted(instants)
    return max(
        sum(first <= instant < first + window for instant in ordered[place:])
        for place, first in enumerate(ordered)
    )


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("per_window", [56, 140])
def test_many_threads_of_several_workers_never_pass_the_rate(per_window: int) -> None:
    """In real time, with minutes of 1.2 seconds, against the emulated table."""
    length = 0.1
    until = time.monotonic() + 2.5
    paces = [Pace("badger", per_window, slice_seconds=length) for _ in range(3)]

    def work(pace: Pace) -> list[float]:
        gone = []
        while time.monotonic() < until:
            try:
                pace.wait(1.0)
            except Crowded:
                continue
            gone.append(time.time())
        return gone

    with ThreadPoolExecutor(12) as pool:
        instants = [each for gone in pool.map(work, paces * 4) for each in gone]
    assert _most_in_a_window(instants, WINDOW_SLICES * length) <= per_window
    assert len(instants) >= per_window * 0.5  # two windows long; somebody gets through


def _crowded(_left: float) -> None:
    raise Crowded("scrapebadger", "its calls are used up for the moment", 4.0)


class _Full(Pace):
    """A bucket that is always empty."""

    def wait(self, seconds_left: float) -> None:
        _crowded(seconds_left)


def _profiles(answer: Callable[[httpx.Request], httpx.Response], pace: Pace | None) -> Profiles:
    client = httpx.Client(base_url="http://x.test", transport=httpx.MockTransport(answer))
    transport = Transport(client, provider="scrapebadger", pace=pace, sleep=lambda _: None)
    return Profiles([ScrapeBadger(transport)], Health(failures=1))


def test_a_call_that_may_not_go_is_not_made_and_speaks_against_nobody() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"data": [{"id": "1", "username": "ada"}]})

    usage = Usage()
    full = _profiles(answer, _Full("scrapebadger", 60))
    for _ in range(3):  # the breaker, which one failure opens, stays shut
        with pytest.raises(Crowded):
            full.followers(AccountRef("1", "ada"), None, 200, usage=usage)
        with pytest.raises(Crowded):
            full.refresh(AccountRef("1", "ada"), in_turn=True, usage=usage)
    assert (asked, usage.calls) == ([], 0)
    free = _profiles(answer, None)
    assert free.resolve(["ada"])["ada"].id == "1"
