"""A worker that dies at any AWS call of a re-test changes nothing in the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.streams.table import StreamItem
from chalicelib.workspace import rows
from tests.api_client import Api
from tests.pipeline.killer import LEASE_AND_MORE, Killed, Killer, watching
from tests.queue_hand import QueueHand

SEGMENTS = ("nurses and photographers", "nurses and founders")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.usefixtures("x_world")
def test_a_worker_that_dies_at_any_call(api: Api, queues: QueueHand, when: str) -> None:
    """One stream whose segment changes between re-tests; each re-test has its one outcome."""
    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as traveller:
        UserItem(api.user_id, SELF).update(
            actions=[UserItem.period_start.set(datetime(2026, 7, 1, tzinfo=UTC))]
        )
        models = [_model(api, words) for words in SEGMENTS]
        stream_id = api.create_stream(runNow=True, syncTimes=[])["id"]
        queues.drain()
        exported = api.get(f"/streams/{stream_id}/leads?limit=1").json_body["leads"][0]["id"]
        api.post(f"/leads/{exported}/export")

        def again(number: int, killer: Killer) -> dict[str, Any]:
            _retarget(api, stream_id, models[number % 2])
            return _disturbed(api, stream_id, queues, traveller, killer)

        again(0, Killer(when))  # makes leads of all; from here on they change back and forth
        killer = Killer(when)
        undisturbed = {1: again(1, killer), 0: again(0, Killer(when))}
        assert undisturbed[0]["leads"] != undisturbed[1]["leads"]
        assert all(each["status"] == "succeeded" for each in undisturbed.values())
        sites = len(killer.calls)
        assert sites > 25
        for at in range(1, sites + 1):
            killer = Killer(when, at)
            assert again(at, killer) == undisturbed[at % 2], killer.calls[at - 1]
        account = next(iter(rows(api.user_id, "account", "account")))
        assert isinstance(account, AccountItem)
        assert account.open_runs.as_dict() == {}
        assert account.retests_used == sites + 3


def _model(api: Api, words: str) -> StreamItem:
    """A stream that lends its segment to others."""
    pair = {"accountHandle": "orbitdesk", "accountTier": "pro", "segment": {"description": words}}
    stream_id = api.create_stream(pairs=[pair], syncTimes=[])["id"]
    return StreamItem.get(api.user_id, StreamItem.at(stream_id), consistent_read=True)


def _retarget(api: Api, stream_id: int, model: StreamItem) -> None:
    stream = StreamItem.get(api.user_id, StreamItem.at(stream_id), consistent_read=True)
    stream.segments = model.segments
    stream.pairs[0].segment_id = model.pairs[0].segment_id
    stream.save()


def _disturbed(
    api: Api,
    stream_id: int,
    queues: QueueHand,
    traveller: time_machine.Traveller,
    killer: Killer,
) -> dict[str, Any]:
    """Re-test the stream while the killer is at work; whatever dies is delivered again."""
    traveller.shift(60)  # out of the minute whose requests are counted
    answer = api.post(f"/streams/{stream_id}/re-test")
    assert len(answer.json_body["queued"]) == 1, answer.body

    def deliver(handle: Callable[[], None], again: Callable[[], None]) -> None:
        try:
            with watching(killer):
                handle()
        except Killed:
            traveller.shift(LEASE_AND_MORE)
            again()

    for function in ("start_run", "enrich"):
        while queues.step(function, deliver):
            continue
    queues.drain()
    run = api.get(f"/streams/{stream_id}/runs?limit=1").json_body["runs"][0]
    path = f"/streams/{stream_id}/leads?lifecycle=all&limit=500"
    matched, everybody = (
        api.get(f"{path}{query}").json_body for query in ("", "&includeUnmatched=true")
    )
    stream = api.get(f"/streams/{stream_id}").json_body["stream"]
    return {
        "status": run["status"],
        "passed": (run["candidatesPassedCount"], run["mediumFitCount"], run["skippedBots"]),
        "log": [line["message"] for line in run["progressLog"] if line["step"] != "queued"],
        "leads": sorted((lead["id"], lead["matchConfidence"]) for lead in everybody["leads"]),
        "dates": {lead["id"]: lead["discoveredAt"] for lead in matched["leads"]},
        "totals": (matched["total"], len(matched["leads"]), everybody["total"]),
        "counts": stream["leadCounts"],
        "last": stream["lastRun"]["status"],
    }
