"""Health: when a provider is left alone, and when it is asked again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from upstream_fakes import Clock

from chalicelib.upstreams.errors import (
    Down,
    OutOfCredits,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
)
from chalicelib.upstreams.health import Health

DOWN = Down("badger", "503")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(failures=3, rest=30, longest_rest=100, operator_rest=900, now=clock.now)


def fail(health: Health, times: int, fault: Unavailable = DOWN) -> None:
    for _ in range(times):
        health.failed("badger", fault)


def test_a_provider_nobody_heard_of_is_well(health: Health) -> None:
    assert health.allows("badger")
    assert health.rest_left("badger") == 0


def test_it_rests_after_failures_in_a_row(health: Health) -> None:
    fail(health, 2)
    assert health.allows("badger")
    fail(health, 1)
    assert not health.allows("badger")
    assert health.rest_left("badger") == 30


def test_an_answer_in_between_begins_the_row_anew(health: Health) -> None:
    fail(health, 2)
    health.succeeded("badger")
    fail(health, 2)
    assert health.allows("badger")


def test_one_provider_says_nothing_about_another(health: Health) -> None:
    fail(health, 3)
    assert health.allows("kaito")


def test_one_probe_is_let_through_after_the_rest(health: Health, clock: Clock) -> None:
    fail(health, 3)
    clock.advance(29.9)
    assert not health.allows("badger")
    clock.advance(0.1)
    assert [health.allows("badger") for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_ends_it(health: Health, clock: Clock) -> None:
    fail(health, 3)
    clock.advance(30)
    assert health.allows("badger")
    health.succeeded("badger")
    assert [health.allows("badger") for _ in range(3)] == [True] * 3
    fail(health, 2)
    assert health.allows("badger")


def test_each_failed_probe_doubles_the_rest_up_to_the_longest(health: Health, clock: Clock) -> None:
    fail(health, 3)
    rests = []
    for _ in range(40):
        rests.append(health.rest_left("badger"))
        clock.advance(rests[-1])
        assert health.allows("badger")
        fail(health, 1)
    assert rests[:4] == [30, 60, 100, 100]
    assert rests[-1] == 100


def test_a_probe_that_never_reports_back_makes_way_for_another(
    health: Health, clock: Clock
) -> None:
    fail(health, 3)
    clock.advance(30)
    assert health.allows("badger")
    clock.advance(60)
    assert health.allows("badger")


def test_calls_that_fail_late_do_not_lengthen_the_rest(health: Health) -> None:
    fail(health, 30)
    assert health.rest_left("badger") == 30


@pytest.mark.parametrize("fault", [OutOfCredits("badger", "402"), Refused("badger", "401")])
def test_what_an_operator_must_mend_rests_long_and_at_once(
    health: Health, clock: Clock, fault: Unavailable
) -> None:
    fail(health, 1, fault)
    assert health.rest_left("badger") == 900
    fail(health, 3)
    fail(health, 1, RateLimited("badger", "429", 12))
    assert health.rest_left("badger") == 900, "a lesser fault does not shorten it"
    clock.advance(900)
    assert health.allows("badger")


@pytest.mark.parametrize(("retry_after", "rest"), [(12.0, 12), (5000.0, 100)])
def test_a_rate_limit_rests_as_long_as_it_says(
    health: Health, retry_after: float, rest: float
) -> None:
    fail(health, 1, RateLimited("badger", "429", retry_after))
    assert health.rest_left("badger") == rest


def test_a_rate_limit_without_a_word_is_a_failure_like_others(health: Health) -> None:
    fail(health, 2, RateLimited("badger", "429"))
    assert health.allows("badger")
    fail(health, 1, RateLimited("badger", "429"))
    assert not health.allows("badger")


def test_a_rejected_request_says_that_the_provider_is_well(health: Health, clock: Clock) -> None:
    fail(health, 2)
    fail(health, 5, Rejected("badger", "422"))
    fail(health, 2)
    assert health.allows("badger")


def test_many_threads_get_one_probe_between_them(health: Health, clock: Clock) -> None:
    fail(health, 3)
    clock.advance(30)
    with ThreadPoolExecutor(16) as threads:
        let_through = list(threads.map(lambda _: health.allows("badger"), range(400)))
    assert sum(let_through) == 1
