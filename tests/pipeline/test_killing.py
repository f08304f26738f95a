"""A worker that dies at any AWS call, and a message that comes twice, change nothing in the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib.accounts.table import AccountItem
from chalicelib.workspace import rows
from tests.api_client import Api
from tests.pipeline.killer import LEASE_AND_MORE, Killed, Killer, watching
from tests.queue_hand import QueueHand


def _outcome(api: Api, stream_id: int) -> dict[str, Any]:
    """What a person would find afterwards, ids and times left out."""
    path = f"/streams/{stream_id}"
    run = api.get(f"{path}/runs").json_body["runs"][0]
    leads = api.get(f"{path}/leads?includeUnmatched=true&limit=500").json_body
    stream = api.get(path).json_body["stream"]
    account = next(iter(rows(api.user_id, "account", "account")))
    assert isinstance(account, AccountItem)
    return {
        "run": {
            name: run[name]
            for name in (
                "status",
                "newFollowersCount",
                "candidatesPassedCount",
                "mediumFitCount",
                "skippedBots",
                "completeness",
                "errorMessage",
            )
        },
        "leads": sorted(
            (lead["profile"]["handle"], lead["matchConfidence"]) for lead in leads["leads"]
        ),
        "total": leads["total"],
        "counts": stream["leadCounts"],
        "last": stream["lastRun"]["status"],
        "slots": len(account.slot_triggers),
        "open": account.open_runs.as_dict(),
    }


def _disturbed(
    api: Api, queues: QueueHand, traveller: time_machine.Traveller, killer: Killer
) -> dict[str, Any]:
    """Run a stream while the killer is at work; whatever dies is delivered again."""
    stream_id = api.create_stream()["id"]
    assert api.post(f"/streams/{stream_id}/run").status_code == 202

    def deliver(handle: Callable[[], None], again: Callable[[], None]) -> None:
        try:
            with watching(killer):
                handle()
        except Killed:
            traveller.shift(LEASE_AND_MORE)
            again()

    for function in ("start_run", "scrape", "enrich"):
        while queues.step(function, deliver):
            continue
    queues.drain()
    return _outcome(api, stream_id)


def _fresh(number: int) -> Api:
    return Api.for_new_user(f"user{number}@example.org", subscribed=True)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_at_any_call(aws: str, x_world: Any, when: str) -> None:
    queues = QueueHand()
    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as traveller:
        with _fresh(0) as api:
            killer = Killer(when)
            undisturbed = _disturbed(api, queues, traveller, killer)
        assert undisturbed["run"]["status"] == "succeeded"
        assert undisturbed["open"] == {}
        sites = len(killer.calls)
        assert sites > 25
        for at in range(1, sites + 1):
            with _fresh(at) as api:
                killer = Killer(when, at)
                assert _disturbed(api, queues, traveller, killer) == undisturbed, killer.calls[
                    at - 1
                ]


@pytest.mark.moto
def test_messages_twice_and_in_reverse(api: Api, queues: QueueHand) -> None:
    first = api.create_stream(runNow=True)
    queues.drain()
    expected = _outcome(api, first["id"])
    with _fresh(1) as other:
        stream_id = other.create_stream(runNow=True)["id"]
        queues.drain(reverse=True, twice=True)
        assert _outcome(other, stream_id) == expected


def test_a_poison_message_leaves_the_rest_alone(api: Api, queues: QueueHand) -> None:
    queues.send("enrich", "{not json")
    with pytest.raises(ValueError, match="JudgeBatch"):
        queues.drain()
    stream_id = api.create_stream(runNow=True)["id"]
    queues.drain()
    assert api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]["status"] == "succeeded"
