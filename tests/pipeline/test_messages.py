"""A message that comes twice, in the wrong order or broken changes nothing in the end."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from chalicelib.accounts.table import AccountItem
from chalicelib.runs.audience import ScanItem
from chalicelib.runs.jobs import ReadFollowers
from chalicelib.runs.table import SUCCEEDED, RunItem
from chalicelib.workspace import rows
from localdev.waiting import until
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.pipeline.outbox import noted
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


def _fresh(number: int) -> Api:
    return Api.for_new_user(f"user{number}@example.org", subscribed=True)


@pytest.mark.moto
def test_messages_twice_and_in_reverse(api: Api, queues: QueueHand) -> None:
    first = api.create_stream(runNow=True)
    queues.drain()
    expected = _outcome(api, first["id"])
    with _fresh(1) as other:
        stream_id = other.create_stream(runNow=True)["id"]
        queues.drain(reverse=True, twice=True)
        assert _outcome(other, stream_id) == expected


def test_a_double_that_comes_after_the_next_read_asks_nobody(
    api: Api, queues: QueueHand, x_world: Server
) -> None:
    stream_id = api.create_stream(syncTimes=[])["id"]

    def newcomers() -> list[int]:
        runs = api.get(f"/streams/{stream_id}/runs").json_body["runs"]
        return [run["newFollowersCount"] for run in reversed(runs)]

    with noted() as sent:
        for _ in range(2):
            api.post(f"/streams/{stream_id}/run")
            queues.drain()
    first = next(each for each in sent if "trigger" in each["body"])
    x_world.world.grow("orbitdesk", 3)
    for _ in range(2):  # a moment later the account is free at once
        queues.send("scrape", first["MessageBody"])
        queues.drain()
    api.post(f"/streams/{stream_id}/run")
    queues.drain()
    assert newcomers() == [120, 0, 3]


def test_a_read_for_a_user_who_was_deleted_is_let_go(api: Api, queues: QueueHand) -> None:
    api.create_stream()
    (account,) = rows(api.user_id, "account", "account")
    assert isinstance(account, AccountItem)
    job = ReadFollowers(
        user_id=api.user_id, account_id=account.account_id, trigger="2026-07-05T06:15:00Z", runs=()
    )
    assert api.delete("/me").status_code == 202
    queues.drain()
    queues.send("scrape", job.model_dump_json())
    assert queues.drain() == 1
    assert ScanItem.find(account.account_id) is None


def test_a_poison_message_leaves_the_rest_alone(api: Api, queues: QueueHand) -> None:
    queues.send("enrich", "{not json")
    with pytest.raises(ValueError, match="Expecting property name"):
        queues.drain()
    stream_id = api.create_stream(runNow=True)["id"]
    (run,) = RunItem.query(stream_id)

    def is_over() -> bool:
        with suppress(ValueError):  # it may come back meanwhile
            queues.drain()
        run.refresh(consistent_read=True)
        return run.is_over

    until(is_over, seconds=30, what="the run")
    assert run.status == SUCCEEDED
