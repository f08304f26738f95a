"""Re-tests over HTTP: who may ask, what they cost, what they change."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import time_machine

from app import app
from chalicelib import clock
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.queues import MOST_DELIVERIES
from chalicelib.runs.audience import BatchItem
from chalicelib.streams.table import StreamItem
from localdev.pump import sources
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
OF_A_KIND = 20
"""Followers of `@orbitdesk` who share a bio."""
BATCHES = 3


def _pair(handle: str = "orbitdesk", tier: str = "pro", words: str = "nurses") -> dict[str, Any]:
    return {"accountHandle": handle, "accountTier": tier, "segment": {"description": words}}


def _stream(api: Api, queues: QueueHand, *pairs: dict[str, Any], run: bool = True) -> int:
    stream_id = int(api.create_stream(pairs=list(pairs) or [_pair()])["id"])
    if run:
        assert api.post(f"/streams/{stream_id}/run").status_code == 202
        queues.drain()
    return stream_id


def _retarget(api: Api, stream_id: int, words: str) -> int:
    """Let the stream look for others, as a change of its pairs does; returns the segment's id."""
    other = api.create_stream(pairs=[_pair(words=words)], syncTimes=[])
    keys = (StreamItem.at(stream_id), StreamItem.at(other["id"]))
    stream, model = (StreamItem.get(api.user_id, key, consistent_read=True) for key in keys)
    stream.segments = model.segments
    for pair in stream.pairs:
        pair.segment_id = model.pairs[0].segment_id
    stream.save()
    return int(model.pairs[0].segment_id)


def _retest(api: Api, queues: QueueHand, stream_id: int, **scope: int) -> dict[str, Any]:
    """Ask for a re-test of one pair and wait for it; returns the run."""
    answer = api.post(f"/streams/{stream_id}/re-test", scope)
    assert answer.status_code == 202, answer.body
    queues.drain()
    run_id = answer.json_body["queued"][0]["runId"]
    return dict(api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"])


def _leads(api: Api, stream_id: int, query: str = "") -> dict[int, dict[str, Any]]:
    page = api.get(f"/streams/{stream_id}/leads?limit=500&{query}").json_body
    assert page["total"] == len(page["leads"])
    return {lead["id"]: lead for lead in page["leads"]}


def _everybody(api: Api, stream_id: int) -> dict[int, dict[str, Any]]:
    return _leads(api, stream_id, "lifecycle=all&includeUnmatched=true")


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


def _used(api: Api) -> dict[str, int]:
    return {
        account["xHandle"]: account["monthlyRetest"]["used"]
        for account in api.get("/me").json_body["accounts"]
    }


def _spend(api: Api, account_id: int, units: int) -> None:
    user = UserItem.get(api.user_id, SELF, consistent_read=True)
    AccountItem(api.user_id, AccountItem.at(account_id)).update(
        actions=[
            AccountItem.retest_period.set(clock.iso(user.period_start)),
            AccountItem.retests_used.set(units),
            AccountItem.version.add(1),
        ]
    )


def _accounts(api: Api) -> dict[str, int]:
    listed = api.get("/accounts").json_body
    return {each["xHandle"]: each["id"] for each in listed["active"] + listed["sleeping"]}


class TestWhatItChanges:
    @pytest.mark.moto
    def test_everybody_who_was_read_is_judged_for_a_new_segment(
        self, api: Api, queues: QueueHand, x_world: Server
    ) -> None:
        stream_id = _stream(api, queues, _pair(words="software engineers and founders"))
        before = _leads(api, stream_id)
        segment_id = _retarget(api, stream_id, "nurses")
        asked = httpx.get(f"{x_world.url}/_control/stats").json()
        run = _retest(api, queues, stream_id)
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
            "done",
        ]
        assert (log[-2][1], log[-1][1]) == (
            f"{OF_A_KIND} leads entered, {len(before)} left",
            f"{FOLLOWERS} followers judged again, {OF_A_KIND} match",
        )

        leads = _leads(api, stream_id)
        assert len(leads) == OF_A_KIND
        assert {lead["segmentId"] for lead in leads.values()} == {segment_id}
        assert {lead["sourceType"] for lead in leads.values()} == {"existing_follower"}
        everybody = _everybody(api, stream_id)
        assert len(everybody) == FOLLOWERS
        for lead_id in before:
            lead = everybody[lead_id]
            assert (lead["matchConfidence"], lead["segmentId"]) == (None, None)
            assert lead["discoveredAt"] == before[lead_id]["discoveredAt"]
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert stream["leadCounts"] == {"high": OF_A_KIND, "medium": 0, "exported": 0}
        assert stream["lastRun"]["id"] == run["id"]
        assert stream["lastRun"]["status"] == "succeeded"
        assert _used(api) == {"orbitdesk": 1}

    def test_it_reaches_people_who_were_read_before_the_stream_was_made(
        self, api: Api, queues: QueueHand
    ) -> None:
        first = _stream(api, queues)
        second = _stream(api, queues, _pair(words="photographers"), run=False)
        assert _everybody(api, second) == {}
        assert _retest(api, queues, second)["candidatesPassedCount"] == OF_A_KIND
        assert len(_leads(api, second)) == OF_A_KIND
        assert len(_everybody(api, second)) == FOLLOWERS
        assert len(_leads(api, first)) == OF_A_KIND

    def test_a_repeat_changes_nothing(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues)
        before = _everybody(api, stream_id)
        run = _retest(api, queues, stream_id)
        assert run["candidatesPassedCount"] == OF_A_KIND
        assert run["progressLog"][-2]["message"] == "0 leads entered, 0 left"
        assert _everybody(api, stream_id) == before

    def test_feedback_and_exports_stand(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues)
        segment = api.get(f"/streams/{stream_id}").json_body["stream"]["pairs"][0]["segmentId"]
        judged, exported, *_ = _leads(api, stream_id)
        someone = next(
            lead["id"]
            for lead in _leads(api, stream_id, "includeUnmatched=true").values()
            if lead["labels"].get("job_role") and lead["matchConfidence"] is None
        )
        for lead_id in (exported, someone):
            assert api.post(f"/leads/{lead_id}/export").status_code == 200
        verdict = {"segmentId": segment, "feedback": "bad"}
        assert api.post(f"/leads/{judged}/feedback", verdict).status_code == 200
        before = _everybody(api, stream_id)

        _retarget(api, stream_id, "software engineers, founders, teachers and photographers")
        _retest(api, queues, stream_id)
        after = _everybody(api, stream_id)
        assert after[exported] == before[exported]
        assert after[judged]["matchConfidence"] is None
        assert after[judged]["feedback"] == before[judged]["feedback"] is not None
        assert after[someone]["exportedAt"] == before[someone]["exportedAt"] is not None
        assert after[someone]["matchConfidence"] is not None
        assert set(_leads(api, stream_id, "lifecycle=exported")) == {exported, someone}
        counts = api.get(f"/streams/{stream_id}").json_body["stream"]["leadCounts"]
        assert counts["exported"] == 2

    def test_the_first_match_dates_a_lead(self, api: Api, queues: QueueHand) -> None:
        with time_machine.travel(START, tick=False) as traveller:
            stream_id = _stream(api, queues, _pair(words="nurses"))
            nurses = set(_leads(api, stream_id))
            unmatched = _everybody(api, stream_id)
            assert {lead["discoveredAt"] for lead in unmatched.values()} == {"2026-07-05T06:15:00Z"}
            traveller.shift(3600)
            _retarget(api, stream_id, "photographers")
            _retest(api, queues, stream_id)
            photographers = _leads(api, stream_id)
            assert not nurses & photographers.keys()
            times = {lead["discoveredAt"] for lead in photographers.values()}
            assert times == {"2026-07-05T07:15:00Z"}
            traveller.shift(3600)
            _retarget(api, stream_id, "nurses and photographers")
            _retest(api, queues, stream_id)
            again = _leads(api, stream_id)
            assert again.keys() == nurses | photographers.keys()
            for lead_id, lead in again.items():
                hour = 6 if lead_id in nurses else 7
                assert lead["discoveredAt"] == f"2026-07-05T0{hour}:15:00Z"

    def test_walks_go_on(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, _pair(words="software engineers and nurses"))
        page = api.get(f"/streams/{stream_id}/leads?limit=10").json_body
        _retarget(api, stream_id, "nurses")
        _retest(api, queues, stream_id)
        found = [lead["id"] for lead in page["leads"]]
        while page["nextCursor"]:
            path = f"/streams/{stream_id}/leads?limit=10&cursor={page['nextCursor']}"
            page = api.get(path).json_body
            found += [lead["id"] for lead in page["leads"]]
        assert len(found) == len(set(found))
        assert set(_leads(api, stream_id)) <= set(found)


class TestWhoMay:
    def test_scopes(self, api: Api, queues: QueueHand) -> None:
        pairs = [_pair(), _pair("tidewater"), _pair("smallharbor")]
        stream_id = _stream(api, queues, *pairs, run=False)
        shown = api.get(f"/streams/{stream_id}").json_body["stream"]["pairs"]
        segment_id = shown[0]["segmentId"]
        by_account = {pair["accountId"]: pair["id"] for pair in shown}
        account_id = _accounts(api)["tidewater"]
        for scope, wanted in (
            ({}, set(by_account)),
            ({"accountId": account_id}, {account_id}),
            ({"segmentId": segment_id}, set(by_account)),
            ({"accountId": account_id, "segmentId": segment_id}, {account_id}),
        ):
            answer = api.post(f"/streams/{stream_id}/re-test", scope).json_body
            assert answer["skipped"] == []
            assert {each["trackedAccountId"] for each in answer["queued"]} == wanted, scope
            for each in answer["queued"]:
                assert each["pairId"] == by_account[each["trackedAccountId"]]
                assert each["segmentId"] == segment_id
                path = f"/streams/{stream_id}/runs/{each['runId']}"
                assert api.get(path).json_body["run"]["status"] == "queued"
            queues.drain()
        assert _used(api) == {"orbitdesk": 2, "tidewater": 4, "smallharbor": 2}

    def test_scopes_without_a_pair(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, run=False)
        own = api.get(f"/streams/{stream_id}").json_body["stream"]["pairs"][0]
        other = api.create_stream(pairs=[_pair("tidewater", words="founders")])
        account_id = other["accounts"][0]["accountId"]
        segment_id = other["segments"][0]["segmentId"]
        for scope, error in (
            ({"accountId": account_id}, "Account not found"),
            ({"accountId": 5}, "Account not found"),
            ({"segmentId": segment_id}, "Segment not found"),
            ({"segmentId": 5}, "Segment not found"),
            ({"accountId": own["accountId"], "segmentId": segment_id}, "Segment not found"),
            ({"accountId": account_id, "segmentId": own["segmentId"]}, "Account not found"),
        ):
            answer = api.post(f"/streams/{stream_id}/re-test", scope)
            assert (answer.status_code, answer.json_body["error"]) == (404, error), scope
        assert api.get("/runs").json_body["runs"] == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"accountId": "5"}, "accountId"),
            ({"accountId": None}, "accountId"),
            ({"segmentId": 0}, "segmentId"),
            ({"pairId": 5}, "pairId"),
        ],
    )
    def test_bad_bodies(self, api: Api, body: dict[str, Any], field: str) -> None:
        answer = api.post("/streams/5/re-test", body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert [fault["field"] for fault in answer.json_body["details"]] == [field]

    def test_whose_stream(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, run=False)
        assert Api(None).post(f"/streams/{stream_id}/re-test").status_code == 401
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            for each in (stream_id, 5, "x"):
                answer = other.post(f"/streams/{each}/re-test")
                assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")

    def test_an_archived_stream(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, run=False)
        archived = StreamItem(api.user_id, StreamItem.at(stream_id))
        archived.update(actions=[StreamItem.is_archived.set(True)])
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert (answer.status_code, answer.json_body["error"]) == (400, "Stream is archived")

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            *((status, 403) for status in ("canceled", "unpaid", "incomplete", "paused")),
            ("incomplete_expired", 403),
            ("trialing", 202),
            ("past_due", 202),
        ],
    )
    def test_subscription_states(self, api: Api, queues: QueueHand, status: str, code: int) -> None:
        stream_id = _stream(api, queues, run=False)
        UserItem(api.user_id, SELF).update(actions=[UserItem.status.set(status)])
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert answer.status_code == code
        assert code == 202 or answer.json_body["code"] == "subscription_required"

    def test_a_free_user(self, free_api: Api, queues: QueueHand) -> None:
        stream_id = _stream(free_api, queues, _pair(tier="starter"))
        answer = free_api.post(f"/streams/{stream_id}/re-test")
        assert (answer.status_code, answer.json_body["code"]) == (403, "free_retest_limit")
        account_id = _accounts(free_api)["orbitdesk"]
        sleeper = AccountItem(free_api.user_id, AccountItem.at(account_id))
        sleeper.update(actions=[AccountItem.is_awake.set(False)])
        answer = free_api.post(f"/streams/{stream_id}/re-test")
        assert answer.status_code == 202
        assert answer.json_body["skipped"][0]["reason"] == "account_sleeping"

    @pytest.mark.parametrize(
        ("tier", "units", "code"),
        [
            ("starter", 12, "retest_limit"),
            ("growth", 30, "retest_limit"),
            ("pro", 100, "retest_limit_pro"),
        ],
    )
    @pytest.mark.moto
    def test_the_budget_of_a_tier(
        self, api: Api, queues: QueueHand, tier: str, units: int, code: str
    ) -> None:
        stream_id = _stream(api, queues, _pair(tier=tier), run=False)
        account_id = _accounts(api)["orbitdesk"]
        _spend(api, account_id, units - 1)
        assert _retest(api, queues, stream_id)["status"] == "succeeded"
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert (answer.status_code, answer.json_body["code"]) == (403, code)
        assert _used(api) == {"orbitdesk": units}
        assert len(api.get("/runs").json_body["runs"]) == 1

        begins = datetime(2030, 1, 1, tzinfo=UTC)  # the next billing period
        UserItem(api.user_id, SELF).update(actions=[UserItem.period_start.set(begins)])
        assert _retest(api, queues, stream_id)["status"] == "succeeded"
        assert _used(api) == {"orbitdesk": 1}

    def test_a_mixed_answer(self, api: Api, queues: QueueHand) -> None:
        handles = ("orbitdesk", "tidewater", "smallharbor", "fernhill_labs")
        stream_id = _stream(api, queues, *(_pair(each) for each in handles), run=False)
        accounts = _accounts(api)
        _spend(api, accounts["tidewater"], 100)
        AccountItem(api.user_id, AccountItem.at(accounts["smallharbor"])).update(
            actions=[AccountItem.is_awake.set(False)]
        )
        scope = {"accountId": accounts["fernhill_labs"]}
        assert api.post(f"/streams/{stream_id}/re-test", scope).status_code == 202
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert answer.status_code == 202
        assert [each["trackedAccountId"] for each in answer.json_body["queued"]] == [
            accounts["orbitdesk"]
        ]
        reasons = {each["trackedAccountId"]: each["reason"] for each in answer.json_body["skipped"]}
        assert reasons == {
            accounts["tidewater"]: "budget_exhausted",
            accounts["smallharbor"]: "account_sleeping",
            accounts["fernhill_labs"]: "already_running",
        }

    def test_while_one_is_under_way(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues)
        assert len(api.post(f"/streams/{stream_id}/re-test").json_body["queued"]) == 1
        again = api.post(f"/streams/{stream_id}/re-test")
        assert again.status_code == 202
        assert again.json_body["queued"] == []
        assert again.json_body["skipped"][0]["reason"] == "already_running"
        assert _used(api) == {"orbitdesk": 1}
        sync = api.post(f"/streams/{stream_id}/run").json_body
        assert len(sync["queued"]) == 1  # the other mode is not held up
        queues.drain(reverse=True)
        assert {run["status"] for run in api.get("/runs").json_body["runs"]} == {"succeeded"}
        assert len(_leads(api, stream_id)) == OF_A_KIND


class TestHowItRuns:
    def test_its_life(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues)
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
        stream_id = _stream(api, queues, _pair(words="photographers"))
        _retarget(api, stream_id, "nurses")
        api.post(f"/streams/{stream_id}/re-test")
        queues.drain(reverse=True, twice=True)
        run = api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]
        assert (run["status"], run["candidatesPassedCount"]) == ("succeeded", OF_A_KIND)
        assert run["progressLog"][-2]["message"] == "20 leads entered, 20 left"
        assert len(_leads(api, stream_id)) == OF_A_KIND
        assert len(_everybody(api, stream_id)) == FOLLOWERS
        assert _used(api) == {"orbitdesk": 1}

    def test_nothing_was_read_yet(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, run=False)
        run = _retest(api, queues, stream_id)
        assert (run["status"], run["candidatesPassedCount"]) == ("succeeded", 0)
        assert run["completedAt"] is not None
        assert _used(api) == {"orbitdesk": 1}
        assert len(_retest(api, queues, stream_id)["progressLog"]) > 0  # the pair is free again

    @pytest.mark.parametrize(("broken", "used"), [(BATCHES, 0), (1, 1)])
    def test_what_cannot_be_judged_ends_as_failed(
        self, api: Api, queues: QueueHand, broken: int, used: int
    ) -> None:
        stream_id = _stream(api, queues, _pair(words="photographers"))
        account_id = _accounts(api)["orbitdesk"]
        batches = list(BatchItem.query(account_id))
        for batch in batches[:broken]:
            BatchItem(account_id, batch.batch_no).update(actions=[BatchItem.packed.set(b"junk")])
        _retarget(api, stream_id, "nurses")
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert _used(api) == {"orbitdesk": 1}
        _exhaust(queues)
        run_id = answer.json_body["queued"][0]["runId"]
        run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
        assert (run["status"], run["errorMessage"]) == (
            "failed",
            "Some followers could not be judged again",
        )
        assert run["progressLog"][-1]["step"] == "failed"
        assert _used(api) == {"orbitdesk": used}
        nurses = [
            lead for lead in _leads(api, stream_id).values() if "urse" in lead["profile"]["bio"]
        ]
        assert len(nurses) == run["candidatesPassedCount"]
        assert bool(nurses) is (broken < BATCHES)
        for batch in batches[:broken]:
            BatchItem(account_id, batch.batch_no).update(
                actions=[BatchItem.packed.set(batch.packed)]
            )
        assert _retest(api, queues, stream_id)["status"] == "succeeded"
        assert len(_leads(api, stream_id)) == OF_A_KIND
