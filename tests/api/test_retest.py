"""Re-tests over HTTP: what they change, and how they run."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import pytest
import time_machine

from app import app
from chalicelib.queues import MOST_DELIVERIES
from chalicelib.runs.audience import BatchItem
from localdev.pump import sources
from localdev.xworld.server import Server
from tests.api.retests import (
    OF_A_KIND,
    accounts_of,
    everybody_of,
    leads_of,
    made_stream,
    pair_of,
    retarget,
    retest,
    units_used,
)
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
BATCHES = 3


class TestWhatItChanges:
    @pytest.mark.moto
    def test_everybody_who_was_read_is_judged_for_a_new_segment(
        self, api: Api, queues: QueueHand, x_world: Server
    ) -> None:
        stream_id = made_stream(api, queues, pair_of(words="software engineers and founders"))
        before = leads_of(api, stream_id)
        segment_id = retarget(api, stream_id, "nurses")
        asked = httpx.get(f"{x_world.url}/_control/stats").json()
        run = retest(api, queues, stream_id)
        assert httpx.get(f"{x_world.url}/_control/stats").json() == asked

        assert (run["status"], run["mode"], run["source"]) == ("succeeded", "re-test", "manual")
        assert (run["completeness"], run["provider"], run["newFollowersCount"]) == (None, None, 0)
        assert (run["candidatesPassedCount"], run["mediumFitCount"]) == (OF_A_KIND, 0)
        assert run["segmentId"] == segment_id
        log = [(line["step"], line["message"]) for line in run["progressLog"]]
        assert [step for step, _ in log] == [
            "queued",
            "classify",
            "filter_bots",
            "classify",
            "store",
            "deliver",
            "done",
        ]
        stored, _, reasons = dict(log)["store"].partition(": ")
        assert stored == f"{OF_A_KIND} leads entered, {len(before)} left"
        counts = [int(each.rpartition(" ")[2]) for each in reasons.split(", ")]
        assert sum(counts) == len(before)
        assert dict(log)["deliver"] == f"{OF_A_KIND} leads handed on for delivery"
        assert log[-1][1] == f"{FOLLOWERS} followers judged again, {OF_A_KIND} match"

        leads = leads_of(api, stream_id)
        assert len(leads) == OF_A_KIND
        assert {lead["segmentId"] for lead in leads.values()} == {segment_id}
        assert {lead["sourceType"] for lead in leads.values()} == {"existing_follower"}
        everybody = everybody_of(api, stream_id)
        assert len(everybody) == FOLLOWERS
        for lead_id in before:
            lead = everybody[lead_id]
            assert (lead["matchConfidence"], lead["segmentId"]) == (None, None)
            assert lead["discoveredAt"] == before[lead_id]["discoveredAt"]
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert stream["leadCounts"] == {"high": OF_A_KIND, "medium": 0, "exported": 0}
        assert stream["lastRun"]["id"] == run["id"]
        assert stream["lastRun"]["status"] == "succeeded"
        assert units_used(api) == {"orbitdesk": 1}

    def test_it_reaches_people_who_were_read_before_the_stream_was_made(
        self, api: Api, queues: QueueHand
    ) -> None:
        first = made_stream(api, queues)
        second = made_stream(api, queues, pair_of(words="photographers"), run=False)
        assert everybody_of(api, second) == {}
        assert retest(api, queues, second)["candidatesPassedCount"] == OF_A_KIND
        assert len(leads_of(api, second)) == OF_A_KIND
        assert len(everybody_of(api, second)) == FOLLOWERS
        assert len(leads_of(api, first)) == OF_A_KIND

    def test_a_repeat_changes_nothing(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues)
        before = everybody_of(api, stream_id)
        run = retest(api, queues, stream_id)
        assert run["candidatesPassedCount"] == OF_A_KIND
        assert run["progressLog"][-2]["message"] == "0 leads entered, 0 left"
        assert everybody_of(api, stream_id) == before

    def test_feedback_and_exports_stand(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues)
        segment = api.get(f"/streams/{stream_id}").json_body["stream"]["pairs"][0]["segmentId"]
        judged, exported, *_ = leads_of(api, stream_id)
        someone = next(
            lead["id"]
            for lead in leads_of(api, stream_id, "includeUnmatched=true").values()
            if lead["labels"].get("job_role") and lead["matchConfidence"] is None
        )
        for lead_id in (exported, someone):
            assert api.post(f"/leads/{lead_id}/export").status_code == 200
        verdict = {"segmentId": segment, "feedback": "bad"}
        assert api.post(f"/leads/{judged}/feedback", verdict).status_code == 200
        before = everybody_of(api, stream_id)

        retarget(api, stream_id, "software engineers, founders, teachers and photographers")
        retest(api, queues, stream_id)
        after = everybody_of(api, stream_id)
        assert after[exported] == before[exported]
        assert after[judged]["matchConfidence"] is None
        assert after[judged]["feedback"] == before[judged]["feedback"] is not None
        assert after[someone]["exportedAt"] == before[someone]["exportedAt"] is not None
        assert after[someone]["matchConfidence"] is not None
        assert set(leads_of(api, stream_id, "lifecycle=exported")) == {exported, someone}
        counts = api.get(f"/streams/{stream_id}").json_body["stream"]["leadCounts"]
        assert counts["exported"] == 2

    def test_the_first_match_dates_a_lead(self, api: Api, queues: QueueHand) -> None:
        with time_machine.travel(START, tick=False) as traveller:
            stream_id = made_stream(api, queues, pair_of(words="nurses"))
            nurses = set(leads_of(api, stream_id))
            unmatched = everybody_of(api, stream_id)
            assert {lead["discoveredAt"] for lead in unmatched.values()} == {"2026-07-05T06:15:00Z"}
            traveller.shift(3600)
            retarget(api, stream_id, "photographers")
            retest(api, queues, stream_id)
            photographers = leads_of(api, stream_id)
            assert not nurses & photographers.keys()
            times = {lead["discoveredAt"] for lead in photographers.values()}
            assert times == {"2026-07-05T07:15:00Z"}
            traveller.shift(3600)
            retarget(api, stream_id, "nurses and photographers")
            retest(api, queues, stream_id)
            again = leads_of(api, stream_id)
            assert again.keys() == nurses | photographers.keys()
            for lead_id, lead in again.items():
                hour = 6 if lead_id in nurses else 7
                assert lead["discoveredAt"] == f"2026-07-05T0{hour}:15:00Z"

    def test_walks_go_on(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues, pair_of(words="software engineers and nurses"))
        page = api.get(f"/streams/{stream_id}/leads?limit=10").json_body
        retarget(api, stream_id, "nurses")
        retest(api, queues, stream_id)
        found = [lead["id"] for lead in page["leads"]]
        while page["nextCursor"]:
            path = f"/streams/{stream_id}/leads?limit=10&cursor={page['nextCursor']}"
            page = api.get(path).json_body
            found += [lead["id"] for lead in page["leads"]]
        assert len(found) == len(set(found))
        assert set(leads_of(api, stream_id)) <= set(found)


class TestHowItRuns:
    def test_its_life(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues)
        answer = api.post(f"/streams/{stream_id}/re-test")
        run_id = answer.json_body["queued"][0]["runId"]

        def state() -> tuple[str, str, bool]:
            run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
            last = api.get(f"/streams/{stream_id}").json_body["stream"]["lastRun"]
            assert last["id"] == run_id
            return run["status"], last["status"], run["completedAt"] is not None

        def once(handle: Callable[[], None], _: Callable[[], None]) -> None:
            handle()

        assert state() == ("queued", "queued", False)
        assert queues.step("start_run", once)
        for _ in range(BATCHES):
            assert state() == ("running", "running", False)
            assert queues.step("enrich", once)
        assert state() == ("succeeded", "succeeded", True)
        assert not queues.step("enrich", once)

    @pytest.mark.moto
    def test_messages_twice_and_in_reverse(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues, pair_of(words="photographers"))
        retarget(api, stream_id, "nurses")
        api.post(f"/streams/{stream_id}/re-test")
        queues.drain(reverse=True, twice=True)
        run = api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]
        assert (run["status"], run["candidatesPassedCount"]) == ("succeeded", OF_A_KIND)
        stored = next(line["message"] for line in run["progressLog"] if line["step"] == "store")
        assert stored == "20 leads entered, 20 left: says too little that fits 20"
        assert len(leads_of(api, stream_id)) == OF_A_KIND
        assert len(everybody_of(api, stream_id)) == FOLLOWERS
        assert units_used(api) == {"orbitdesk": 1}

    def test_nothing_was_read_yet(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues, run=False)
        run = retest(api, queues, stream_id)
        assert (run["status"], run["candidatesPassedCount"]) == ("succeeded", 0)
        assert run["completedAt"] is not None
        assert units_used(api) == {"orbitdesk": 1}
        assert len(retest(api, queues, stream_id)["progressLog"]) > 0  # the pair is free again

    @pytest.mark.parametrize(("broken", "used"), [(BATCHES, 0), (1, 1)])
    def test_what_cannot_be_judged_ends_as_failed(
        self, api: Api, queues: QueueHand, broken: int, used: int
    ) -> None:
        stream_id = made_stream(api, queues, pair_of(words="photographers"))
        account_id = accounts_of(api)["orbitdesk"]
        batches = list(BatchItem.query(account_id))
        for batch in batches[:broken]:
            BatchItem(account_id, batch.batch_no).update(actions=[BatchItem.packed.set(b"junk")])
        retarget(api, stream_id, "nurses")
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert units_used(api) == {"orbitdesk": 1}
        _exhaust(queues)
        run_id = answer.json_body["queued"][0]["runId"]
        run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
        assert (run["status"], run["errorMessage"]) == (
            "failed",
            "Some followers could not be judged again",
        )
        assert run["progressLog"][-1]["step"] == "failed"
        assert units_used(api) == {"orbitdesk": used}
        nurses = [
            lead for lead in leads_of(api, stream_id).values() if "urse" in lead["profile"]["bio"]
        ]
        assert len(nurses) == run["candidatesPassedCount"]
        assert bool(nurses) is (broken < BATCHES)
        for batch in batches[:broken]:
            BatchItem(account_id, batch.batch_no).update(
                actions=[BatchItem.packed.set(batch.packed)]
            )
        assert retest(api, queues, stream_id)["status"] == "succeeded"
        assert len(leads_of(api, stream_id)) == OF_A_KIND


def _exhaust(queues: QueueHand) -> None:
    """Deliver what is to be judged for the last time, whatever comes of it."""
    queues.step("start_run", lambda handle, _: handle())
    enrich = next(source for source in sources(app) if source.function == "enrich")
    while messages := queues.take(enrich):
        for message in messages:
            last = {**message, "Attributes": {"ApproximateReceiveCount": str(MOST_DELIVERIES)}}
            with suppress(zlib.error):
                queues.handle(enrich, last)
            queues.delete(enrich, message)
