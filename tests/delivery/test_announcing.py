"""A run ended, a verdict was given: who hears of it, of which leads, in how many messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from bench.found import found_by_a_run
from chalicelib import clock
from chalicelib.leads.jobs import AnnounceFeedback
from chalicelib.leads.schemas import FeedbackGiven
from chalicelib.leads.table import LeadItem
from chalicelib.streams.table import StreamItem
from chalicelib.webhooks.table import SubscriptionItem
from localdev.desk.server import Desk
from tests.api.stream_hand import patch
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, subscribe

START = "2026-11-20T08:00:00Z"


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    """A clock that moves when a test says so."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def _bodies(desk: Desk, path: str) -> list[dict[str, Any]]:
    return [json.loads(each.content) for each in desk.inbox.all(path)]


def _lead_ids(desk: Desk, path: str) -> list[int]:
    return [lead["id"] for body in _bodies(desk, path) for lead in body["data"]["leads"]]


def test_messages_of_a_hundred_leads_with_whole_leads(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    stream = api.create_stream()
    subscribe(api, desk, "/hooks/ok")
    hand.take(found_by_a_run(api.user_id, stream["id"], 230))
    hand.drain()
    bodies = _bodies(desk, "/hooks/ok")
    assert sorted(len(body["data"]["leads"]) for body in bodies) == [30, 100, 100]
    listed = api.get(f"/streams/{stream['id']}/leads?limit=500").json_body["leads"]
    sent = [lead for body in bodies for lead in body["data"]["leads"]]
    assert sorted(sent, key=lambda lead: -lead["id"]) == listed
    assert {body["type"] for body in bodies} == {"leads.discovered"}
    assert {body["data"]["runId"] for body in bodies} == {7_712}
    name = api.get(f"/streams/{stream['id']}").json_body["stream"]["name"]
    assert {body["data"]["streamName"] for body in bodies} == {name}
    assert all(each.is_verified for each in desk.inbox.all())
    assert all(lead["exportedAt"] is None for lead in sent)


def test_said_again_it_is_sent_once(api: Api, desk: Desk, hand: DeliverHand) -> None:
    stream = api.create_stream()
    subscribe(api, desk, "/hooks/ok")
    job = found_by_a_run(api.user_id, stream["id"], 3)
    for _ in range(2):
        hand.take(job)
        hand.take(job, is_repeat=True)
        hand.drain()
    assert len(desk.inbox.all()) == 1


def test_what_was_said_first_stands(api: Api, desk: Desk, hand: DeliverHand) -> None:
    stream = api.create_stream()
    subscribe(api, desk, "/hooks/status/500")
    job = found_by_a_run(api.user_id, stream["id"], 3)
    hand.take(job)
    lead = api.get(f"/streams/{stream['id']}/leads").json_body["leads"][0]
    assert api.post(f"/leads/{lead['id']}/export").status_code == 200
    hand.take(job, is_repeat=True)
    hand.drain()
    with time_machine.travel(clock.now() + timedelta(seconds=7)):
        hand.take_due()
    contents = {each.content for each in desk.inbox.all()}
    assert (len(desk.inbox.all()), len(contents)) == (2, 1)


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({}, 6),
        ({"matchConfidence": "high"}, 3),
        ({"matchConfidence": "medium"}, 3),
        ({"sourceType": "follower"}, 6),
        ({"sourceType": "liker"}, 0),
        ({"feedbackStatus": "good"}, 0),
        ({"accountId": 1}, 0),
        ({"streamId": 1}, 0),
    ],
)
def test_only_leads_that_pass(
    api: Api, desk: Desk, hand: DeliverHand, filters: dict[str, Any], number: int
) -> None:
    subscribe(api, desk, "/hooks/ok", **filters)
    hand.take(found_by_a_run(api.user_id, api.create_stream()["id"], 6))
    hand.drain()
    assert len(_lead_ids(desk, "/hooks/ok")) == number
    assert len(desk.inbox.all()) == (number > 0)


def test_filters_by_stream_and_account(api: Api, desk: Desk, hand: DeliverHand) -> None:
    stream = api.create_stream()
    account = stream["accounts"][0]["accountId"]
    subscribe(api, desk, "/hooks/ok", streamId=stream["id"], accountId=account)
    hand.take(found_by_a_run(api.user_id, stream["id"], 2))
    hand.drain()
    assert len(_lead_ids(desk, "/hooks/ok")) == 2


@pytest.mark.parametrize("name", ["segmentId", "savedSearchId", "segment_id"])
def test_a_filter_from_before_v2_matches_nothing(
    api: Api, desk: Desk, hand: DeliverHand, name: str
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    item.update(actions=[SubscriptionItem.filter.set({name: 77})])
    hand.take(found_by_a_run(api.user_id, api.create_stream()["id"], 2))
    hand.drain()
    assert desk.inbox.all() == []


def test_nobody_hears_of_another_users_leads(
    api: Api, free_api: Api, desk: Desk, hand: DeliverHand
) -> None:
    subscribe(free_api, desk, "/hooks/ok")
    hand.take(found_by_a_run(api.user_id, api.create_stream()["id"], 2))
    hand.drain()
    assert desk.inbox.all() == []


def test_no_leads_no_message(api: Api, desk: Desk, hand: DeliverHand) -> None:
    subscribe(api, desk, "/hooks/ok")
    hand.take(found_by_a_run(api.user_id, api.create_stream()["id"], 0))
    hand.drain()
    assert desk.inbox.all() == []


def test_leads_that_the_index_does_not_show_yet_are_waited_for(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    from chalicelib.runs.table import RunItem

    subscribe(api, desk, "/hooks/ok")
    job = found_by_a_run(api.user_id, api.create_stream()["id"], 2)
    RunItem(job.stream_id, job.run_id).update(actions=[RunItem.entered.set(3)])
    hand.take(job)
    for _ in range(2):
        assert hand.drain() == 0
        assert desk.inbox.all() == []
        time.shift(timedelta(seconds=20))
        hand.take_due()
    assert len(_lead_ids(desk, "/hooks/ok")) == 2


def _with_webhook(api: Api, desk: Desk, path: str) -> StreamItem:
    stream = api.create_stream(
        deliveryDestination="leads_plus_webhook", webhookUrl="https://1.1.1.1/hook"
    )
    row = StreamItem.get(api.user_id, StreamItem.at(stream["id"]))
    row.update(actions=[StreamItem.webhook_url.set(desk.url + path)])
    desk.inbox.trust(path, stream["webhookSecret"])
    return row


def test_a_streams_own_address(api: Api, desk: Desk, hand: DeliverHand) -> None:
    stream = _with_webhook(api, desk, "/hooks/own")
    hand.take(found_by_a_run(api.user_id, stream.stream_id, 2))
    hand.drain()
    (received,) = desk.inbox.all("/hooks/own")
    assert received.is_verified
    stream.update(actions=[StreamItem.delivery_destination.set("leads_only")])
    hand.take(found_by_a_run(api.user_id, stream.stream_id, 2, run_id=7_713))
    hand.drain()
    assert len(desk.inbox.all()) == 1


def test_a_stream_whose_address_is_gone_falls_back(api: Api, desk: Desk, hand: DeliverHand) -> None:
    stream = _with_webhook(api, desk, "/hooks/status/410")
    hand.take(found_by_a_run(api.user_id, stream.stream_id, 2))
    hand.drain()
    for job in hand.due():
        hand.take(job)
        hand.take(job, is_repeat=True)
    shown = api.get(f"/streams/{stream.stream_id}").json_body["stream"]
    assert (shown["deliveryDestination"], shown["webhookUrl"]) == (
        "leads_only",
        desk.url + "/hooks/status/410",
    )
    assert any('"mail_webhook_disabled"' in job for job in hand.jobs())


def test_a_stream_that_was_switched_on_again_stays_on_whatever_comes_late(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    stream = _with_webhook(api, desk, "/hooks/status/410")
    hand.take(found_by_a_run(api.user_id, stream.stream_id, 120))
    for body in hand.jobs():
        hand.take(body)
    first, second = hand.due()
    hand.take(first)
    (mail,) = hand.jobs()
    time.shift(timedelta(seconds=90))
    hand.take(second.model_copy(update={"at": clock.now()}))
    assert hand.jobs() == []
    hand.take(first, is_repeat=True)  # whoever had it may have died before sending the mail
    assert hand.jobs() == [mail]
    patch(api, stream.stream_id, deliveryDestination="leads_plus_webhook")
    hand.take(first, is_repeat=True)
    shown = api.get(f"/streams/{stream.stream_id}").json_body["stream"]
    assert (shown["deliveryDestination"], hand.jobs()) == ("leads_plus_webhook", [])


def _lead(api: Api) -> LeadItem:
    job = found_by_a_run(api.user_id, api.create_stream()["id"], 1)
    (lead,) = (row for row in LeadItem.query(job.stream_id) if isinstance(row, LeadItem))
    return lead


def test_feedback_reaches_those_who_asked_for_that_verdict(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    for path, filters in (
        ("/hooks/all", {}),
        ("/hooks/good", {"feedbackStatus": "good"}),
        ("/hooks/bad", {"feedbackStatus": "bad"}),
        ("/hooks/liked", {"feedbackStatus": "good", "sourceType": "liker"}),
    ):
        subscribe(api, desk, path, **filters)
    lead = _lead(api)
    given = {"segmentId": lead.segment_id, "feedback": "good"}
    for _ in range(2):
        assert api.post(f"/leads/{lead.lead_id}/feedback", given).status_code == 200
        hand.drain()
    (received,) = desk.inbox.all()
    assert (received.path, received.is_verified) == ("/hooks/good", True)
    body = json.loads(received.content)
    assert body["type"] == "lead.feedback"
    assert body["data"]["feedback"] == body["data"]["lead"]["feedback"]
    assert body["data"]["feedback"]["feedback"] == "good"
    assert body["data"]["lead"]["id"] == lead.lead_id
    api.post(f"/leads/{lead.lead_id}/feedback", {**given, "feedback": "bad"})
    hand.drain()
    assert [each.path for each in desk.inbox.all()] == ["/hooks/good", "/hooks/bad"]


def test_a_verdict_that_came_first_or_never_came_to_stand(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    from chalicelib.leads import feedback

    subscribe(api, desk, "/hooks/ok", feedbackStatus="good")
    lead = _lead(api)
    early = AnnounceFeedback(
        user_id=api.user_id,
        stream_id=lead.stream_id,
        person=lead.person,
        segment_id=lead.segment_id or 0,
        given_at=clock.now().isoformat(),
    )
    never = early.model_copy(update={"given_at": (clock.now() - timedelta(days=1)).isoformat()})
    hand.take(early)
    hand.take(never)
    assert desk.inbox.all() == []
    given = FeedbackGiven.model_validate({"segmentId": lead.segment_id, "feedback": "good"})
    feedback.give(api.user_id, lead.lead_id, given)
    for _ in range(3):
        time.shift(timedelta(seconds=61))
        hand.take_due()
    assert (len(desk.inbox.all()), hand.waiting) == (1, [])
