"""Transport: what is tried again and for how long, what a status means, what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from upstream_fakes import NOON, Clock, Script, answer, transport

from chalicelib.upstreams.errors import (
    Down,
    Missing,
    OutOfCredits,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
    UpstreamFault,
)

OK = answer({"fine": True})


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_answer_is_its_json_and_its_headers(clock: Clock) -> None:
    script = Script(answer({"fine": True}, X_Result_ID="r1", X_Credits_Used="21"))
    errand = clock.errand()
    got = transport(script, clock).get("/v1/things", {"count": 20}, errand=errand)
    assert got.body == {"fine": True}
    assert got.headers["x-result-id"] == "r1"
    assert script.query() == {"count": "20"}
    assert (errand.usage.calls, errand.usage.credits_used) == (1, 21)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (400, {"error": {"type": "invalid-input", "message": "no"}}, Rejected),
        (401, {"error": "Invalid API key"}, Refused),
        (402, {"error": "Insufficient credits"}, OutOfCredits),
        (403, {"error": "insufficient_scope", "required_scope": "x"}, Refused),
        (404, {"detail": "User not found"}, Missing),
        (408, {"error": {"type": "timeout", "message": "too long"}}, Down),
        (409, {"detail": "conflict"}, Rejected),
        (422, {"detail": [{"loc": ["path"], "msg": "bad", "type": "value"}]}, Rejected),
        (418, None, Down),
        (301, None, Down),
        (501, {"detail": "not made"}, Down),
    ],
)
def test_a_status_becomes_a_fault_at_once(
    clock: Clock, status: int, body: Any, fault: type[UpstreamFault]
) -> None:
    script = Script(answer(body, status))
    with pytest.raises(UpstreamFault) as caught:
        transport(script, clock).get("/x", errand=clock.errand())
    assert type(caught.value) is fault
    assert caught.value.provider == "vendor"
    assert str(status) in caught.value.reason
    assert len(script.requests) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "gone", "error": "x"}, "gone"),
        ({"error": {"type": "actor-not-found", "message": "Nope"}}, "actor-not-found Nope"),
        ({"detail": [{"msg": "bad handle"}]}, "bad handle"),
        ({"message": "plain"}, "plain"),
        (["a", "list"], "404"),
    ],
)
def test_a_fault_repeats_the_vendors_words(clock: Clock, body: Any, words: str) -> None:
    with pytest.raises(Missing, match=words):
        transport(Script(answer(body, 404)), clock).get("/x", errand=clock.errand())


def test_long_words_are_cut(clock: Clock) -> None:
    script = Script(answer({"detail": "x" * 5000}, 404))
    with pytest.raises(Missing) as caught:
        transport(script, clock).get("/x", errand=clock.errand())
    assert len(caught.value.reason) < 250


@pytest.mark.parametrize(
    "first",
    [
        answer("boom", 500),
        httpx.Response(502, text="<html>bad gateway</html>"),
        answer(None, 503),
        answer(None, 504),
        answer({"error": "try later"}),
        httpx.Response(200, text="{cut off"),
        httpx.Response(200),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("silent"),
        httpx.RemoteProtocolError("closed mid-body"),
        httpx.WriteError("broken pipe"),
        httpx.DecodingError("bad gzip"),
    ],
    ids=lambda value: (
        type(value).__name__ if isinstance(value, Exception) else str(value.status_code)
    ),
)
def test_a_get_is_tried_again_on_what_may_pass(
    clock: Clock, first: httpx.Response | Exception
) -> None:
    script = Script(first, OK)
    errand = clock.errand()
    assert transport(script, clock).get("/x", errand=errand).body == {"fine": True}
    assert errand.usage.calls == 2
    assert clock.slept == [0.5]


@pytest.mark.parametrize(
    ("first", "tries"),
    [
        (httpx.ConnectError("refused"), 2),
        (httpx.ConnectTimeout("slow"), 2),
        (httpx.PoolTimeout("busy"), 2),
        (answer(None, 429), 2),
        (answer(None, 503), 2),
        (httpx.ReadTimeout("silent"), 1),
        (httpx.RemoteProtocolError("closed"), 1),
        (answer(None, 500), 1),
        (answer(None, 502), 1),
        (answer({"error": "hm"}, 201), 1),
        (httpx.Response(201, text="{cut"), 1),
    ],
    ids=str,
)
def test_a_post_is_tried_again_only_where_nothing_was_begun(
    clock: Clock, first: httpx.Response | Exception, tries: int
) -> None:
    script = Script(first, OK)
    asked = transport(script, clock)
    if tries == 2:
        assert asked.post("/runs", {}, {"a": 1}, errand=clock.errand()).body == {"fine": True}
    else:
        with pytest.raises(Down):
            asked.post("/runs", {}, {"a": 1}, errand=clock.errand())
    assert len(script.requests) == tries
    assert script.body() == {"a": 1}


def test_waits_double_and_the_tries_are_bounded(clock: Clock) -> None:
    script = Script(answer(None, 500))
    with pytest.raises(Down):
        transport(script, clock, attempts=7).get("/x", errand=clock.errand(600))
    assert len(script.requests) == 7
    assert clock.slept == [0.5, 1, 2, 4, 8, 8]


def test_waits_are_jittered_down_to_their_half(clock: Clock) -> None:
    with pytest.raises(Down):
        transport(Script(answer(None, 500)), clock, attempts=3, random=lambda: 0.0).get(
            "/x", errand=clock.errand()
        )
    assert clock.slept == [0.25, 0.5]


def test_a_fault_keeps_the_cause_and_the_status_of_the_last_try(clock: Clock) -> None:
    script = Script(answer(None, 500), httpx.ReadTimeout("silent"))
    with pytest.raises(Down) as caught:
        transport(script, clock, attempts=2).get("/x", errand=clock.errand())
    assert caught.value.reason == "ReadTimeout"
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)


def at(seconds: int) -> str:
    return str(int(NOON.timestamp()) + seconds)


@pytest.mark.parametrize(
    ("limited", "seconds"),
    [
        (answer({"detail": "slow down"}, 429, Retry_After="7"), 7),
        (answer({"reset_at": int(NOON.timestamp()) + 9}, 429), 9),
        (answer({"reset_at": int(NOON.timestamp()) + 9}, 429, Retry_After="7"), 7),
        (answer(None, 429, X_RateLimit_Reset=at(4)), 4),
        (answer(None, 429, Retry_After="Fri, 20 Nov 2026 12:00:11 GMT"), 11),
        (answer(None, 429, Retry_After="soon"), 0.5),
        (answer(None, 429), 0.5),
        (answer({"reset_at": int(NOON.timestamp()) - 100}, 429), 0.5),
        (answer(None, 503, Retry_After="3"), 3),
    ],
)
def test_the_vendors_word_on_when_to_come_back_is_kept(
    clock: Clock, limited: httpx.Response, seconds: float
) -> None:
    script = Script(limited, OK)
    transport(script, clock).get("/x", errand=clock.errand())
    assert clock.slept == [seconds]


@pytest.mark.parametrize("header", ["9" * 400, "99999999999", "Fri, 20 Nov 9999 12:00:11 GMT"])
def test_an_absurd_wait_is_a_day_at_most(clock: Clock, header: str) -> None:
    script = Script(answer(None, 429, Retry_After=header))
    with pytest.raises(RateLimited) as caught:
        transport(script, clock).get("/x", errand=clock.errand())
    assert caught.value.retry_after in {None, 86_400}
    assert sum(clock.slept) < 60


def test_a_wait_that_exceeds_the_time_left_is_not_waited(clock: Clock) -> None:
    script = Script(answer(None, 429, Retry_After="30"))
    with pytest.raises(RateLimited) as caught:
        transport(script, clock).get("/x", errand=clock.errand(20))
    assert caught.value.retry_after == 30
    assert len(script.requests) == 1
    assert clock.slept == []


def test_a_limit_met_by_one_call_holds_back_the_next(clock: Clock) -> None:
    script = Script(answer(None, 429, Retry_After="30"), OK)
    asked = transport(script, clock)
    with pytest.raises(RateLimited):
        asked.get("/x", errand=clock.errand(20))
    clock.advance(10)
    with pytest.raises(RateLimited) as caught:
        asked.get("/x", errand=clock.errand(20))
    assert caught.value.retry_after == 20
    assert len(script.requests) == 1, "it is known already: no call"
    asked.get("/x", errand=clock.errand(21))
    assert clock.slept == [20]


def test_the_last_request_of_a_window_holds_back_the_next(clock: Clock) -> None:
    spent = answer({}, X_RateLimit_Limit="60", X_RateLimit_Remaining="0", X_RateLimit_Reset=at(5))
    asked = transport(Script(spent, OK), clock)
    asked.get("/x", errand=clock.errand())
    assert clock.slept == []
    asked.get("/x", errand=clock.errand())
    assert clock.slept == [5]


def test_requests_left_in_a_window_hold_back_nothing(clock: Clock) -> None:
    left = answer({}, X_RateLimit_Remaining="1", X_RateLimit_Reset=at(50))
    asked = transport(Script(left), clock)
    for _ in range(3):
        asked.get("/x", errand=clock.errand())
    assert clock.slept == []


def test_tries_that_take_their_time_end_with_the_budget(clock: Clock) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        clock.advance(6)
        raise httpx.ReadTimeout("silent", request=request)

    script = Script(slow)
    errand = clock.errand(20)
    with pytest.raises(Down):
        transport(script, clock, attempts=10).get("/x", errand=errand)
    assert len(script.requests) == 3
    assert clock.now() <= errand.until


def test_time_outs_never_exceed_the_time_left(clock: Clock) -> None:
    script = Script(OK)
    transport(script, clock, read_timeout=15).get("/x", errand=clock.errand(3))
    transport(script, clock, read_timeout=15).get("/x", errand=clock.errand(60))
    transport(script, clock, read_timeout=15).post("/x", {}, {}, errand=clock.errand(60))
    limits = [request.extensions["timeout"] for request in script.requests]
    assert [(limit["connect"], limit["read"]) for limit in limits] == [(3, 3), (5, 15), (5, 60)]


def test_no_time_left_is_no_call(clock: Clock) -> None:
    script = Script(OK)
    with pytest.raises(Down, match="no time left"):
        transport(script, clock).get("/x", errand=clock.errand(0))
    assert script.requests == []


class Drip(httpx.SyncByteStream):
    """A body whose every byte takes a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(1000):
            self._clock.advance(1)
            yield b" "


def test_a_body_that_drips_does_not_outlive_the_errand(clock: Clock) -> None:
    script = Script(lambda _: httpx.Response(200, stream=Drip(clock)))
    errand = clock.errand(20)
    with pytest.raises(Down, match="ReadTimeout"):
        transport(script, clock).get("/x", errand=errand)
    assert clock.now() - errand.until <= timedelta(seconds=1)
    assert len(script.requests) == 1


def test_a_body_without_end_is_cut_off(clock: Clock) -> None:
    class Flood(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b" " * 1024 * 1024

    script = Script(lambda _: httpx.Response(200, stream=Flood()))
    with pytest.raises(Down, match="ReadError"):
        transport(script, clock, attempts=2).get("/x", errand=clock.errand())


@pytest.mark.parametrize(
    ("body", "status", "fault", "tries"),
    [
        ({"error": {"type": "actor-memory-limit-exceeded", "message": ""}}, 402, RateLimited, 3),
        ({"error": {"type": "x", "message": "Usage HARD LIMIT exceeded"}}, 403, OutOfCredits, 1),
        ({"error": "Insufficient credits"}, 200, OutOfCredits, 1),
        ({"error": {"type": "elsewhere", "message": ""}}, 403, Refused, 1),
    ],
)
def test_the_vendors_names_for_trouble_go_before_the_status(
    clock: Clock, body: Any, status: int, fault: type[Unavailable], tries: int
) -> None:
    script = Script(answer(body, status))
    names = {
        "memory-limit": RateLimited,
        "hard limit exceeded": OutOfCredits,
        "insufficient credits": OutOfCredits,
    }
    with pytest.raises(fault):
        transport(script, clock, named_faults=names, attempts=3).get("/x", errand=clock.errand())
    assert len(script.requests) == tries


def test_failed_tries_are_counted_too(clock: Clock) -> None:
    errand = clock.errand()
    script = Script(httpx.ReadTimeout("silent"), answer(None, 500, X_Credits_Used="1"), OK)
    transport(script, clock).get("/x", errand=errand)
    assert (errand.usage.calls, errand.usage.credits_used) == (3, 1)
