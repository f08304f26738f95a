"""A run that stands still is found by its watcher, and brought to go on or failed with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib import wiring
from chalicelib.accounts.table import AccountItem
from chalicelib.nightly.reconciling import reconcile
from chalicelib.queues import LONGEST_DELAY
from chalicelib.runs.steps.watch import GIVEN_UP_AT, STOOD_STILL
from chalicelib.workspace import rows
from tests.api_client import Api
from tests.pipeline.killer import LEASE_AND_MORE, Killed, Killer, watching
from tests.pipeline.outbox import noted
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS, MATCHING

STEPS = ("start_run", "scrape", "enrich")


class Watched:
    """A stream one of whose runs is watched; a test says when its watcher looks."""

    def __init__(self, api: Api, queues: QueueHand, order: str = "run") -> None:
        self.api, self.queues = api, queues
        self.stream_id = api.create_stream(syncTimes=[])["id"]
        if order == "re-test":
            api.post(f"/streams/{self.stream_id}/run")
            self.work()
        with noted() as sent:
            answer = api.post(f"/streams/{self.stream_id}/{order}")
            assert answer.status_code == 202, answer.body
        self.watches = [each for each in sent if each["body"].get("kind") == "watch"]

    def look(self) -> None:
        """Hand the newest watch message on, as SQS would after its delay."""
        with noted() as sent:
            self.queues.hand("start_run", self.watches[-1]["MessageBody"])
        self.watches += [each for each in sent if each["body"].get("kind") == "watch"]

    def lose(self, step: str) -> int:
        """Do everything before a step, then lose its messages."""
        for earlier in STEPS[: STEPS.index(step)]:
            while self.queues.step(earlier, lambda handle, _: handle()):
                continue
        lost = 0
        while self.queues.step(step, lambda _handle, _again: None):
            lost += 1
        return lost

    def work(self) -> int:
        """Do whatever waits in the queues of runs; how much that was."""
        done = 0
        while sum(self.queues.step(step, lambda handle, _: handle()) for step in STEPS):
            done += 1
        return done

    def run(self) -> dict[str, Any]:
        return dict(self.api.get(f"/streams/{self.stream_id}/runs?limit=1").json_body["runs"][0])

    def leads(self) -> int:
        query = "lifecycle=all&limit=500&includeUnmatched=true"
        return len(self.api.get(f"/streams/{self.stream_id}/leads?{query}").json_body["leads"])

    def account(self) -> AccountItem:
        account = next(iter(rows(self.api.user_id, "account", "account")))
        assert isinstance(account, AccountItem)
        return account


@pytest.mark.parametrize(
    ("order", "step"),
    [(o, s) for o in ("run", "re-test") for s in STEPS if (o, s) != ("re-test", "scrape")],
)
def test_what_was_lost_is_sent_again(api: Api, queues: QueueHand, order: str, step: str) -> None:
    watched = Watched(api, queues, order)
    assert watched.lose(step) >= 1
    watched.look()
    assert watched.work() == 0  # one look cannot tell standing from going
    watched.look()
    assert watched.work() >= 1
    run = watched.run()
    assert (run["status"], run["errorMessage"]) == ("succeeded", None)
    assert (run["candidatesPassedCount"], watched.leads()) == (MATCHING, FOLLOWERS)
    before = len(watched.watches)
    watched.look()
    assert len(watched.watches) == before  # the run is over, and so is its watch


def test_every_look_but_the_first_is_a_quarter_of_an_hour_off(api: Api, queues: QueueHand) -> None:
    watched = Watched(api, queues)
    watched.lose("start_run")
    for _ in range(3):
        watched.look()
        watched.lose("start_run")
    assert [each["DelaySeconds"] for each in watched.watches] == [LONGEST_DELAY] * 4
    assert {each["MessageGroupId"] for each in watched.watches} == {str(api.user_id)}


def test_a_run_that_moves_is_let_be(api: Api, queues: QueueHand) -> None:
    watched = Watched(api, queues)
    queues.step("start_run", lambda handle, _: handle())
    for step in ("scrape", "enrich", "enrich"):
        watched.look()
        queues.step(step, lambda handle, _: handle())
    assert [each["body"]["still"] for each in watched.watches] == [0] * 4
    watched.work()
    assert watched.run()["status"] == "succeeded"


@pytest.mark.parametrize("step", STEPS)
def test_what_cannot_go_on_is_failed_and_the_next_run_loses_nobody(
    api: Api, queues: QueueHand, step: str
) -> None:
    watched = Watched(api, queues)
    watched.lose(step)
    while watched.run()["status"] in ("queued", "running"):
        watched.look()
        watched.lose(step)
        assert len(watched.watches) <= GIVEN_UP_AT + 1
    run = watched.run()
    assert (run["status"], run["errorMessage"]) == ("failed", STOOD_STILL)
    assert run["completedAt"] is not None
    assert watched.account().open_runs.as_dict() == {}
    was_read = step == "enrich"
    assert len(watched.account().slot_triggers) == was_read
    watched.work()
    assert watched.leads() == 0

    api.post(f"/streams/{watched.stream_id}/run")
    watched.work()
    run = watched.run()
    assert (run["status"], run["candidatesPassedCount"]) == ("succeeded", MATCHING)
    assert watched.leads() == FOLLOWERS


class _DiesReading(Killer):
    """Before anything that it read is kept, with the scan in its hand."""

    def __call__(self, model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems":
            raise Killed


def test_readers_that_die_one_after_another_are_no_movement(
    aws: str, x_world: Any, queues: QueueHand
) -> None:
    with (
        time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as traveller,
        Api.for_new_user("dies@example.org", subscribed=True) as api,
    ):
        watched = Watched(api, queues)
        queues.step("start_run", lambda handle, _: handle())
        while watched.run()["status"] in ("queued", "running"):
            with watching(_DiesReading("before")):
                while queues.step("scrape", _die):
                    traveller.shift(LEASE_AND_MORE)
            traveller.shift(LONGEST_DELAY)
            watched.look()
            assert len(watched.watches) <= GIVEN_UP_AT + 2
        assert watched.run()["errorMessage"] == STOOD_STILL


def _die(handle: Callable[[], None], _again: Callable[[], None]) -> None:
    with pytest.raises(Killed):
        handle()


def test_a_retest_that_cannot_go_on_gives_its_unit_back(api: Api, queues: QueueHand) -> None:
    watched = Watched(api, queues, "re-test")
    watched.lose("enrich")
    assert watched.account().retests_used == 1
    while watched.run()["status"] in ("queued", "running"):
        watched.look()
        watched.lose("enrich")
    assert watched.run()["errorMessage"] == STOOD_STILL
    assert watched.account().retests_used == 0
    assert watched.leads() == FOLLOWERS


def test_the_night_sets_a_watcher_on_runs_that_have_none(api: Api, queues: QueueHand) -> None:
    watched = Watched(api, queues)
    watched.lose("scrape")
    with noted() as sent:
        reconcile(api.user_id, {"runs": wiring.caretaker().parts["runs"]})
    (found,) = (each for each in sent if each["body"].get("kind") == "watch")
    watched.watches.append(found)
    watched.lose("start_run")
    for _ in range(2):
        watched.look()
    watched.work()
    assert watched.run()["status"] == "succeeded"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("looks", [2, GIVEN_UP_AT + 1])
def test_a_watcher_that_dies_at_any_call(
    aws: str, x_world: Any, queues: QueueHand, when: str, looks: int
) -> None:
    """The look that sends again, and the one that gives up."""

    def outcome(number: int, killer: Killer, travel: Callable[[], None]) -> dict[str, Any]:
        with Api.for_new_user(f"watch{number}@example.org", subscribed=True) as api:
            watched = Watched(api, queues)
            watched.lose("enrich")
            for _ in range(looks - 1):
                watched.look()
                watched.lose("enrich")
            try:
                with watching(killer):
                    watched.look()
            except Killed:
                travel()
                watched.look()
            watched.work()
            run = watched.run()
            names = ("status", "errorMessage", "candidatesPassedCount", "newFollowersCount")
            return {name: run[name] for name in names} | {
                "leads": watched.leads(),
                "open": watched.account().open_runs.as_dict(),
                "slots": len(watched.account().slot_triggers),
            }

    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as traveller:
        killer = Killer(when)
        undisturbed = outcome(0, killer, lambda: None)
        assert undisturbed["status"] == ("succeeded" if looks == 2 else "failed")
        assert len(killer.calls) >= 4
        for at in range(1, len(killer.calls) + 1):
            killer = Killer(when, at)
            found = outcome(at, killer, lambda: traveller.shift(LEASE_AND_MORE))
            assert found == undisturbed, killer.calls[at - 1]
