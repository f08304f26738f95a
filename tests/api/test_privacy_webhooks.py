"""Erasing a person reaches webhooks that were not delivered yet, and takes nobody else along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine

from chalicelib import aws, clock, db, wiring
from chalicelib.delivery.table import ReceiverItem
from chalicelib.privacy.jobs import ErasePerson
from chalicelib.privacy.people import erase_person
from chalicelib.queues import Message
from localdev.desk.server import Desk
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, messages_to, subscribe, tell

PATH = "/hooks/ok"


def _found(api: Api, hand: DeliverHand, stream_id: int) -> list[dict[str, Any]]:
    assert api.post(f"/streams/{stream_id}/run").status_code == 202
    hand.drain()
    return list(api.get(f"/streams/{stream_id}/leads?limit=500").json_body["leads"])


def test_the_others_are_still_told(api: Api, desk: Desk, hand: DeliverHand) -> None:
    subscribe(api, desk, PATH)
    desk.behave(PATH, "status/503")
    leads = _found(api, hand, api.create_stream()["id"])
    erased, *others = leads
    assert api.delete(f"/leads/{erased['id']}").status_code == 202
    hand.work()
    desk.behave(PATH, "ok")
    with time_machine.travel(clock.now() + timedelta(seconds=7)):
        hand.take_due()
    first, last = desk.inbox.all()
    assert first.headers["webhook-id"] == last.headers["webhook-id"]
    assert last.is_verified
    assert erased["profile"]["xUserId"].encode() in first.content
    assert erased["profile"]["xUserId"].encode() not in last.content
    assert last.shown()["body"]["data"]["leads"] == others


def test_what_tells_of_nobody_else_is_not_sent(api: Api, desk: Desk, hand: DeliverHand) -> None:
    stream_id = api.create_stream()["id"]
    lead = _found(api, hand, stream_id)[0]
    subscribe(api, desk, PATH, feedbackStatus="good")
    desk.behave(PATH, "status/503")
    verdict = {"segmentId": lead["segmentId"], "feedback": "good"}
    assert api.post(f"/leads/{lead['id']}/feedback", verdict).status_code == 200
    hand.drain()
    assert len(desk.inbox.all()) == 1
    assert api.delete(f"/leads/{lead['id']}").status_code == 202
    hand.work()
    desk.behave(PATH, "ok")
    with time_machine.travel(clock.now() + timedelta(seconds=7)):
        hand.take_due()
    assert len(desk.inbox.all()) == 1


def test_two_who_are_erased_at_once_are_both_taken_out(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    subscribe(api, desk, PATH)
    desk.behave(PATH, "status/503")
    leads = _found(api, hand, api.create_stream()["id"])
    one, other = (
        ErasePerson(user_id=api.user_id, x_user_id=lead["profile"]["xUserId"], is_second=True)
        for lead in leads[:2]
    )
    events, event = db.connection().client.meta.events, "before-call.dynamodb.UpdateItem"

    def erase_the_other(**given: Any) -> None:
        if b"#bodies" in given["params"]["body"]:
            events.unregister(event, erase_the_other)
            erase_person(other, wiring.storage())

    events.register(event, erase_the_other)
    erase_person(one, wiring.storage())
    desk.behave(PATH, "ok")
    with time_machine.travel(clock.now() + timedelta(seconds=7)):
        hand.take_due()
    told = desk.inbox.all()[-1].shown()["body"]["data"]["leads"]
    assert [lead["id"] for lead in told] == [lead["id"] for lead in leads[2:]]


def test_what_a_delivery_wrote_while_its_user_was_deleted_goes_too(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, PATH)
    hand.take(tell(item, "a"))
    (written,) = messages_to(item)
    assert api.delete("/me").status_code == 202
    held_back: list[str] = []

    def look(params: dict[str, Any], **_: Any) -> None:
        held_back.extend(each["MessageBody"] for each in params["Entries"] if each["DelaySeconds"])

    events, event = aws.client("sqs").meta.events, "provide-client-params.sqs.SendMessageBatch"
    events.register(event, look)
    hand.work()
    events.unregister(event, look)
    assert messages_to(item) == []
    written.save()  # by a worker that had it in hand all the while
    (again,) = held_back
    wiring.caretaker().take(Message(again, is_repeat=False, is_last=False, until=0))
    assert messages_to(item) == []


def test_messages_of_subscriptions_that_ended_go_with_their_user(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, PATH)
    hand.take(tell(item, "a"))
    answer = api.delete("/webhooks/subscribe", {"id": item.subscription_id})
    assert answer.status_code == 200
    assert len(messages_to(item)) == 1  # they can be looked at for 14 days
    assert api.delete("/me").status_code == 202
    hand.work()
    assert [row.receiver for row in ReceiverItem.scan()] == []
