"""Requests sent again to the API itself: nothing is made twice, nothing is spent without need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bench.trips import counted
from chalicelib import aws as clients
from tests.api_client import Api

KEY = "order-1"
PAIR = {"accountHandle": "orbitdesk", "segment": {"description": "founders"}}


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def _no_scheduler() -> Iterator[None]:
    """Whoever calls EventBridge Scheduler within dies: the stream is written by then."""

    def die(**_: object) -> None:
        raise Killed

    events = clients.client("scheduler").meta.events
    events.register("before-call", die)
    try:
        yield
    finally:
        events.unregister("before-call", die)


@pytest.fixture
def clock(aws: str) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(datetime(2026, 7, 5, 10, 10, tzinfo=UTC), tick=False) as held:
        yield held


def test_a_create_is_not_doubled(api: Api) -> None:
    made = [api.post("/streams", {"pairs": [PAIR]}, **{"Idempotency-Key": KEY}) for _ in range(3)]
    assert [answer.status_code for answer in made] == [201] * 3
    assert len({answer.json_body["id"] for answer in made}) == 1
    assert len(api.get("/streams").json_body["streams"]) == 1
    assert len(api.get("/segments").json_body["segments"]) == 1


@pytest.mark.parametrize("key", [None, KEY])
def test_a_create_that_died_is_taken_up(
    api: Api, clock: time_machine.Coordinates, key: str | None
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    with _no_scheduler(), pytest.raises(Killed):
        api.post("/streams", {"pairs": [PAIR]}, **headers)
    assert len(api.get("/streams").json_body["streams"]) == 1
    clock.shift(timedelta(seconds=31))
    answer = api.post("/streams", {"pairs": [PAIR]}, **headers)
    assert answer.status_code == 201
    assert answer.json_body["accounts"][0]["accountCreated"] is True
    assert answer.json_body["segments"][0]["segmentCreated"] is True
    listed = api.get("/streams").json_body["streams"]
    assert [stream["id"] for stream in listed] == [answer.json_body["id"]]
    assert len(api.get("/segments").json_body["segments"]) == 1
    assert len(api.get("/accounts").json_body["active"]) == 1


def test_a_run_is_not_started_twice(api: Api) -> None:
    stream_id = api.create_stream()["id"]
    path = f"/streams/{stream_id}/run"
    first = api.post(path, **{"Idempotency-Key": KEY})
    again = api.post(path, {}, **{"Idempotency-Key": KEY})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json_body == again.json_body
    assert len(api.get(f"/streams/{stream_id}/runs").json_body["runs"]) == 1


def test_without_the_header_nothing_is_spent_on_it(api: Api) -> None:
    stream_id = api.create_stream()["id"]
    with counted() as plain:
        api.post("/segments", {"description": "founders"})
    with counted() as keyed:
        api.post("/segments", {"description": "founders"}, **{"Idempotency-Key": KEY})
    assert len(keyed) == len(plain) + 2
    assert api.get(f"/streams/{stream_id}", **{"Idempotency-Key": "a b"}).status_code == 200
