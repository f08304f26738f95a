"""Lists that go round, break off or hold more than a sync may read: nobody is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib.upstreams.health import Health
from chalicelib.upstreams.profiles import Profiles
from tests.api_client import Api
from tests.pipeline.impatient import ImpatientHand
from tests.pipeline.listing import Listing

CAP = 200
"""What a sync of a starter account reads at most."""
STARTER = {"accountHandle": "orbitdesk", "segment": {"description": "nurses"}}


class Daily:
    """A stream on a starter account that runs once a day, and reads what a test lists."""

    def __init__(self, api: Api, clock: time_machine.Traveller) -> None:
        self._api, self._clock = api, clock
        self._stream_id = api.create_stream(pairs=[STARTER], syncTimes=[])["id"]

    def run(self, listing: Listing) -> dict[str, Any]:
        self._clock.shift(86_400)
        answer = self._api.post(f"/streams/{self._stream_id}/run")
        assert answer.status_code == 202, answer.body
        ImpatientHand(Profiles([listing], Health())).drain()
        run = self._api.get(f"/streams/{self._stream_id}/runs").json_body["runs"][0]
        assert run["status"] == "succeeded", run
        return dict(run)

    def people(self) -> int:
        query = "limit=1&includeUnmatched=true"
        page = self._api.get(f"/streams/{self._stream_id}/leads?{query}").json_body
        return int(page["total"])


@pytest.fixture
def daily(api: Api) -> Iterator[Daily]:
    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as clock:
        yield Daily(api, clock)


def _down_to_one(newest: int) -> list[int]:
    return list(range(newest, 0, -1))


def _complete(expected: int, seen: int, *, complete: bool = True) -> dict[str, Any]:
    return {"expected": expected, "seen": seen, "complete": complete}


def test_a_list_that_goes_round_is_left(daily: Daily) -> None:
    listing = Listing(_down_to_one(1000), goes_round_after=60)
    assert daily.run(listing)["completeness"] == _complete(CAP, 60, complete=False)
    assert len(listing.calls) < 40
    assert daily.run(Listing(_down_to_one(1000)))["completeness"] == _complete(CAP, CAP)
    assert daily.people() == 60 + CAP


@pytest.mark.parametrize("extra", [-1, 0, 1, 30, 150])
def test_more_newcomers_than_a_sync_may_read_come_with_the_next(daily: Daily, extra: int) -> None:
    daily.run(Listing(_down_to_one(10)))
    listed = Listing(_down_to_one(10 + CAP + extra), page_rows=150)
    first, read = daily.run(listed), min(CAP, CAP + extra)
    assert first["completeness"] == _complete(CAP + extra, read, complete=extra <= 0)
    rest = daily.run(listed)
    assert rest["completeness"] == _complete(max(0, extra), max(0, extra))
    calls = len(listed.calls)
    assert daily.run(listed)["completeness"] == _complete(0, 0)
    assert len(listed.calls) == calls
    assert daily.people() == 10 + CAP + extra


def test_a_list_that_breaks_off_again_and_again_is_read_to_its_end(daily: Daily) -> None:
    daily.run(Listing(_down_to_one(5)))
    everybody = _down_to_one(65)
    for ends_after, seen in ((35, 35), (50, 15)):
        run = daily.run(Listing(everybody, ends_after=ends_after))
        assert run["completeness"]["complete"] is False
        assert run["newFollowersCount"] == seen
    assert daily.run(Listing(everybody))["completeness"] == _complete(10, 10)
    assert daily.run(Listing(everybody))["completeness"] == _complete(0, 0)
    assert daily.people() == 65


def test_a_list_of_as_many_as_were_asked_for_is_not_taken_for_all(daily: Daily) -> None:
    daily.run(Listing(_down_to_one(40)))
    first = daily.run(Listing(_down_to_one(340), keeps_limit=True))
    assert first["completeness"] == _complete(300, CAP, complete=False)
    second = daily.run(Listing(_down_to_one(390), keeps_limit=True))
    assert second["newFollowersCount"] == 150
    assert daily.people() == 390


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_followers(daily: Daily, count: int) -> None:
    people = _down_to_one(count)
    assert daily.run(Listing(people))["completeness"] == _complete(count, count)
    later = daily.run(Listing([10, 9, 8], count=3))  # whoever followed has left
    assert later["completeness"]["complete"] is True
    assert daily.people() == count + 3
