"""One user's large accounts do not hold the others up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.runs.jobs import ReadFollowers
from chalicelib.runs.rules import pause
from chalicelib.runs.steps.read import Reader
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.pipeline.impatient import an_impatient_hand
from tests.pipeline.outbox import noted
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS


@pytest.mark.moto
@pytest.mark.usefixtures("x_world")
def test_every_message_of_a_run_waits_in_its_users_group(api: Api, queues: QueueHand) -> None:
    stream_id = api.create_stream(syncTimes=[])["id"]
    queues.drain()
    with noted() as sent:
        for order in ("run", "re-test"):
            assert api.post(f"/streams/{stream_id}/{order}").status_code == 202
            queues.drain()
    assert len(sent) > 8
    assert {entry.get("MessageGroupId") for entry in sent} == {str(api.user_id)}


def test_a_reader_whose_time_is_over_hands_its_account_on(
    api: Api, queues: QueueHand, x_world: Server
) -> None:
    stream_id = api.create_stream(syncTimes=[])["id"]
    api.post(f"/streams/{stream_id}/run")
    with noted() as sent, an_impatient_hand(x_world) as hand:
        queues.step("start_run", lambda handle, _: handle())
        while queues.step("scrape", lambda _handle, _again: None):  # the test hands it on
            continue
        turns = 0
        while reads := [entry for entry in sent if "trigger" in entry["body"]]:
            sent.clear()
            assert [entry["DelaySeconds"] for entry in reads] == [0]
            job = ReadFollowers.model_validate(reads[0]["body"])
            Reader(job, hand.profiles, _time_for(1)).work()
            turns += 1
        while queues.step("scrape", lambda _handle, _again: None):
            continue
    assert turns > 2  # a page a turn
    queues.drain()
    run = api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]
    assert run["completeness"] == {"expected": FOLLOWERS, "seen": FOLLOWERS, "complete": True}
    assert run["status"] == "succeeded"


def _time_for(pages: int) -> Callable[[], float]:
    left: list[float] = [1.0] * pages
    return lambda: left.pop() if left else 0.0


@pytest.mark.parametrize(
    ("waits", "asked", "chance", "expected"),
    [
        (0, 0.0, 0.0, 5),
        (0, 0.0, 1.0, 2),
        (0, 9.0, 1.0, 9),
        (1, 0.0, 0.0, 10),
        (3, 4.0, 0.5, 30),
        (9, 4.0, 0.0, 120),
        (10_000, 4.0, 1.0, 60),
    ],
)
def test_who_finds_no_call_left_stays_away_for_longer_each_time(
    waits: int, asked: float, chance: float, expected: int
) -> None:
    assert pause(waits, asked, chance) == expected


def test_no_wait_is_longer_than_a_queue_can_keep_a_message() -> None:
    found: Any = [pause(waits, 0.0, 0.0) for waits in range(50)]
    assert max(found) <= 900
    assert min(found) >= 1
