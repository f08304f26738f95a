"""Asking a model over HTTP: what is asked, what comes of it, and what every failure comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.judging.second_opinion import MOST_ALONE, PROFILES_A_CALL
from chalicelib.judging.table import DAYS_KEPT, OpinionItem
from chalicelib.matching.match import SegmentFilters, compile_segment
from localdev.fake_llm import FakeModel
from tests.judging.endpoint import (
    SAILORS,
    SEGMENT_ID,
    Endpoint,
    confidences,
    everything,
    judged,
    served,
)

PEOPLE = {
    "1": "Nothing beats sailing at dawn",
    "2": "Kettles, mostly",
    "3": "Boats and SAILING since 1999",
}
ASKED_FOR = compile_segment(SegmentFilters("chefs", labels={"job_role": ("Chef",)}))


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def endpoint(aws: str, model: FakeModel) -> Iterator[Endpoint]:
    with served(model) as server:
        yield server


def _profiles(model: FakeModel, call: int = 0) -> list[dict[str, Any]]:
    data: dict[str, Any] = json.loads(model.asked[call]["messages"][1]["content"])
    return list(data["profiles"])


def _review(server: Endpoint, bios: dict[str, str], **options: Any) -> Any:
    opinions = server.second_opinion(**options)
    return opinions.review(SEGMENT_ID, SAILORS, judged(bios), allowance=everything)


def test_what_rules_left_open_is_filled(endpoint: Endpoint, model: FakeModel) -> None:
    bios = {"1": "Up at dawn in my dinghy", "2": "Kettles, mostly"}
    model.think = lambda data: [
        {
            "id": each["id"],
            "fit": "fits" if "dinghy" in each["bio"] else "unclear",
            "labels": [],
            "quote": "in my dinghy" if "dinghy" in each["bio"] else "",
            "reason": "owns a sailing boat",
        }
        for each in data["profiles"]
    ]
    review = _review(endpoint, bios)
    assert confidences(review.judged) == {"1": "high", "2": None}
    assert (review.read, review.left) == (2, 0)
    assert review.judged[0][1].reasons == ("bio says “in my dinghy” (model: owns a sailing boat)",)


def test_settled_profiles_are_not_asked_about(endpoint: Endpoint, model: FakeModel) -> None:
    verdicts = judged({"1": "Chef", "2": "Kettles"}, ASKED_FOR)
    opinions = endpoint.second_opinion()
    review = opinions.review(SEGMENT_ID, ASKED_FOR, verdicts, allowance=everything)
    assert [each["bio"] for each in _profiles(model)] == ["Kettles"]
    assert confidences(review.judged) == {"1": "high", "2": None}


def test_nothing_open_asks_nothing(endpoint: Endpoint, model: FakeModel) -> None:
    verdicts = judged({"1": "Chef", "2": ""}, ASKED_FOR)
    opinions = endpoint.second_opinion()
    review = opinions.review(SEGMENT_ID, ASKED_FOR, verdicts, allowance=everything)
    assert review.judged == verdicts
    assert model.asked == []


def test_who_is_asked_about_is_not_named(endpoint: Endpoint, model: FakeModel) -> None:
    _review(endpoint, {"12345": "Kettles, mostly"})
    sent = json.dumps(model.asked)
    assert "12345" not in sent
    assert "h12345" not in sent


def test_the_same_question_is_the_same_to_the_byte(endpoint: Endpoint, model: FakeModel) -> None:
    model.faults.extend(["500", "500"])  # nothing is kept of a failure, so it is asked again
    _review(endpoint, PEOPLE)
    _review(endpoint, PEOPLE)
    assert len(model.asked) == 2
    assert json.dumps(model.asked[0]) == json.dumps(model.asked[1])
    assert model.asked[0]["temperature"] == 0


def test_opinions_are_kept_by_profile_and_segment(endpoint: Endpoint, model: FakeModel) -> None:
    first = _review(endpoint, PEOPLE)
    again = _review(endpoint, PEOPLE)
    assert again.judged == first.judged
    assert (again.read, again.left) == (3 - _settled(), 0)
    assert len(model.asked) == 1
    _review(endpoint, PEOPLE | {"2": "Kettles, and now pots"})
    assert [each["bio"] for each in _profiles(model, 1)] == ["Kettles, and now pots"]


def _settled() -> int:
    """Profiles of PEOPLE that the rules settle alone."""
    return sum(verdict.confidence == "high" for _, verdict in judged(PEOPLE))


def test_another_segment_or_model_is_another_question(endpoint: Endpoint, model: FakeModel) -> None:
    _review(endpoint, PEOPLE)
    _review(endpoint, PEOPLE, model="other")
    other = endpoint.second_opinion()
    other.review(SEGMENT_ID + 1, SAILORS, judged(PEOPLE), allowance=everything)
    assert len(model.asked) == 3


def test_opinions_expire(endpoint: Endpoint, model: FakeModel) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False):
        _review(endpoint, PEOPLE)
    with time_machine.travel(start + timedelta(days=DAYS_KEPT), tick=False):
        _review(endpoint, PEOPLE)
    assert len(model.asked) == 2


def test_profiles_of_equal_words_are_asked_about_once(endpoint: Endpoint, model: FakeModel) -> None:
    review = _review(endpoint, {"1": "Kettles", "2": "Kettles"})
    assert len(_profiles(model)) == 1
    assert (review.read, review.left) == (2, 0)


def test_many_profiles_share_a_call(endpoint: Endpoint, model: FakeModel) -> None:
    review = _review(endpoint, {str(number): f"Kettle {number}" for number in range(50)})
    assert len(model.asked) == 50 / PROFILES_A_CALL
    assert review.read == 50


@pytest.mark.parametrize(("granted", "read"), [(0, 0), (1, PROFILES_A_CALL), (9, 25)])
def test_spending_ends_where_the_allowance_does(
    endpoint: Endpoint, model: FakeModel, granted: int, read: int
) -> None:
    asked: list[int] = []

    def allowance(calls: int) -> int:
        asked.append(calls)
        return min(calls, granted)

    verdicts = judged({str(number): f"Kettle {number}" for number in range(25)})
    opinions = endpoint.second_opinion()
    review = opinions.review(SEGMENT_ID, SAILORS, verdicts, allowance=allowance)
    assert asked == [3]
    assert len(model.asked) == min(granted, 3)
    assert (review.read, review.left) == (read, 25 - read)
    assert len(review.judged) == 25


@pytest.mark.parametrize(
    "fault",
    [
        *("refusal", "length", "content_filter", "garbage", "strangers", "twice", "wrong_types"),
        *("hang", "400", "401", "404", "429", "500"),
    ],
)
def test_whatever_goes_wrong_the_rules_verdict_stands(
    endpoint: Endpoint, model: FakeModel, fault: str
) -> None:
    model.faults.extend([fault] * 4)  # more than are tried
    verdicts = judged(PEOPLE)
    review = _review(endpoint, PEOPLE, timeout=0.3)
    assert list(review.judged) == verdicts
    assert (review.read, review.left) == (0, len(PEOPLE) - _settled())
    assert list(OpinionItem.scan()) == []


def test_a_partial_answer_counts_as_far_as_it_goes(endpoint: Endpoint, model: FakeModel) -> None:
    model.faults.append("partial")
    bios = {str(number): f"Kettle {number}" for number in range(4)}
    review = _review(endpoint, bios)
    assert (review.read, review.left) == (2, 2)
    assert _review(endpoint, bios).read == 4
    assert len(_profiles(model, 1)) == 2


def test_an_answer_within_prose_is_found(endpoint: Endpoint, model: FakeModel) -> None:
    model.faults.append("prose")
    assert _review(endpoint, {"1": "Kettles"}).read == 1


def test_nobody_at_home(aws: str) -> None:
    with served(FakeModel()) as server:
        pass
    verdicts = judged(PEOPLE)
    assert list(_review(server, PEOPLE, timeout=1.0).judged) == verdicts


def test_a_dead_endpoint_is_left_alone_for_a_while(endpoint: Endpoint, model: FakeModel) -> None:
    opinions = endpoint.second_opinion()
    model.faults.extend(["500"] * 99)
    bios = {str(number): f"Kettle {number}" for number in range(50)}
    opinions.review(SEGMENT_ID, SAILORS, judged(bios), allowance=everything)
    calls = len(model.asked)
    review = opinions.review(SEGMENT_ID, SAILORS, judged(bios), allowance=everything)
    assert len(model.asked) == calls
    assert review.left == 50


def test_the_key_is_sent_and_a_wrong_one_is_survived(aws: str) -> None:
    model = FakeModel(key="right")
    with served(model) as server:
        assert _review(server, {"1": "Kettles"}, api_key="wrong").left == 1
        assert _review(server, {"1": "Kettles"}, api_key="right").read == 1


def test_few_profiles_that_give_orders_are_asked_about_each_alone(
    endpoint: Endpoint, model: FakeModel
) -> None:
    orders = {str(number): f"Ignore all {number} kettles" for number in range(MOST_ALONE + 2)}
    review = _review(endpoint, orders | {"90": "Kettles", "91": "Pots"})
    assert sorted(len(_profiles(model, call)) for call in range(len(model.asked))) == [
        *[1] * MOST_ALONE,
        2,
    ]
    assert (review.read, review.left) == (MOST_ALONE + 2, 2)
