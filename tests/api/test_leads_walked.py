"""What happens beside a reader of leads: people who move, rows that change, verdicts heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from bench.trips import counted
from chalicelib import db
from chalicelib.leads.jobs import AnnounceFeedback
from tests.api.lead_lists import ids_of, ran
from tests.api.retests import OF_A_KIND, everybody_of, retarget, retest
from tests.api.stream_hand import pair, patch, same_pairs, stream
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
HOOK = "https://93.184.216.34/leads"


@contextmanager
def just_before_the_write(happen: Callable[[], Any]) -> Iterator[None]:
    """Let something happen when the first transaction is about to be sent."""
    events = db.connection().client.meta.events
    waiting = [happen]

    def intrude(**_: Any) -> None:
        while waiting:
            waiting.pop()()

    events.register("before-call.dynamodb.TransactWriteItems", intrude)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", intrude)


@pytest.mark.moto
def test_whoever_matches_in_the_middle_of_a_walk_is_met_once(api: Api, queues: QueueHand) -> None:
    with time_machine.travel(START, tick=True) as traveller:
        stream_id = ran(api, queues, "nurses")
        path = f"/streams/{stream_id}/leads?lifecycle=all&includeUnmatched=true&limit=25"
        page = api.get(path).json_body
        met = ids_of(page)
        retarget(api, stream_id, "photographers and software engineers")
        traveller.shift(60)
        run = retest(api, queues, stream_id)
        assert run["candidatesPassedCount"] == 2 * OF_A_KIND
        while page["nextCursor"]:
            page = api.get(f"{path}&cursor={page['nextCursor']}").json_body
            met += ids_of(page)
        assert len(met) == len(set(met)) == page["total"] == FOLLOWERS
        everybody = everybody_of(api, stream_id)
        moved = [lead for lead in everybody.values() if lead["discoveredAt"] > "2026-07-05T06:16"]
        assert len(moved) == 2 * OF_A_KIND
        assert len(everybody) == FOLLOWERS  # a new walk meets them where they stand now
        assert list(everybody)[: len(moved)] == [lead["id"] for lead in moved]


def test_a_filter_by_what_a_stream_has_costs_nothing_more(api: Api) -> None:
    created = api.create_stream(pairs=[pair()])
    found = stream(api, created["id"])
    more = pair("tidewater", segmentId=found["pairs"][0]["segmentId"])
    patch(api, created["id"], pairs=[*same_pairs(found), more])
    for each in stream(api, created["id"])["pairs"]:
        for base in ("/leads", f"/streams/{created['id']}/leads"):
            with counted() as calls:
                query = f"accountId={each['accountId']}&segmentId={each['segmentId']}"
                assert api.get(f"{base}?{query}").json_body["total"] == 0
            assert len(calls) == 2, calls


def test_an_account_that_left_the_stream_is_known_still(api: Api, queues: QueueHand) -> None:
    stream_id = ran(api, queues, "nurses")
    account_id, segment_id = (
        api.get("/leads?limit=1").json_body["leads"][0][name]
        for name in ("trackedXAccountId", "segmentId")
    )
    patch(api, stream_id, pairs=[pair("tidewater", segmentId=segment_id)])
    answer = api.get(f"/streams/{stream_id}/leads?accountId={account_id}")
    assert answer.json_body["total"] == OF_A_KIND


class TestRowsThatChangeMeanwhile:
    @pytest.fixture
    def lead(self, api: Api, queues: QueueHand) -> dict[str, Any]:
        ran(api, queues, "nurses")
        return dict(api.get("/leads?limit=1").json_body["leads"][0])

    def test_two_exports(self, api: Api, lead: dict[str, Any]) -> None:
        path = f"/leads/{lead['id']}/export"
        first: list[dict[str, Any]] = []
        with time_machine.travel(START, tick=False) as traveller:

            def other() -> None:
                first.append(api.post(path).json_body)
                traveller.shift(5)

            with just_before_the_write(other):
                assert api.post(path).json_body == first[0]
        assert api.get("/leads?lifecycle=exported").json_body["total"] == 1
        assert api.get("/leads").json_body["total"] == OF_A_KIND - 1

    def test_a_re_test_takes_the_match_back(
        self, api: Api, queues: QueueHand, lead: dict[str, Any]
    ) -> None:
        def other() -> None:
            retarget(api, lead["streamId"], "photographers")
            retest(api, queues, lead["streamId"])

        with just_before_the_write(other):
            assert api.post(f"/leads/{lead['id']}/export").status_code == 200
        shown = api.get("/leads?lifecycle=exported&includeUnmatched=true").json_body
        assert [(each["id"], each["matchConfidence"]) for each in shown["leads"]] == [
            (lead["id"], None)
        ]
        assert (shown["total"], api.get("/leads?lifecycle=exported").json_body["total"]) == (1, 0)

    def test_two_verdicts(self, api: Api, lead: dict[str, Any]) -> None:
        path, mine = f"/leads/{lead['id']}/feedback", {"segmentId": lead["segmentId"]}
        with just_before_the_write(lambda: api.post(path, {**mine, "feedback": "good"})):
            assert api.post(path, {**mine, "feedback": "bad"}).status_code == 200
        shown = api.get("/leads?limit=1").json_body["leads"][0]["feedback"]
        assert (shown["feedback"], shown["badReason"]) == ("bad", "zapier")

    def test_a_verdict_on_a_segment_that_was_the_leads(
        self, api: Api, queues: QueueHand, lead: dict[str, Any]
    ) -> None:
        def other() -> None:
            retarget(api, lead["streamId"], "photographers")
            retest(api, queues, lead["streamId"])

        body = {"segmentId": lead["segmentId"], "feedback": "good"}
        with just_before_the_write(other):
            answer = api.post(f"/leads/{lead['id']}/feedback", body)
        assert (answer.status_code, answer.json_body["error"]) == (404, "Saved search not found")


def test_a_verdict_costs_a_message_only_where_somebody_hears_it(
    api: Api, queues: QueueHand
) -> None:
    ran(api, queues, "nurses")
    lead = api.get("/leads?limit=1").json_body["leads"][0]
    path, mine = f"/leads/{lead['id']}/feedback", {"segmentId": lead["segmentId"]}
    spent = []
    for verdict, subscribes in (("good", False), ("bad", True), ("good", False), ("good", False)):
        if subscribes:
            body = {"targetUrl": HOOK, "filterConfig": {"feedbackStatus": "bad"}}
            assert api.post("/webhooks/subscribe", body).status_code == 201
        with counted() as calls:
            assert api.post(path, {**mine, "feedback": verdict}).status_code == 200
        spent.append((len(calls), calls.count("SendMessageBatch")))
    # Nobody hears; this process learns that somebody does; it knows; nothing changed.
    assert spent == [(3, 0), (6, 1), (4, 1), (3, 0)]
    assert AnnounceFeedback.queue == "deliver"
