"""Subscriptions over HTTP: listing them, their messages, trying, rotating, replaying."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from bench.trips import counted
from chalicelib import clock
from chalicelib.delivery.table import HEALTH, HealthItem
from chalicelib.webhooks.table import SubscriptionItem
from localdev.desk.server import Desk
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, messages_to, subscribe, tell

URL = "https://93.184.216.34/leads"


def _at(item: SubscriptionItem, what: str) -> str:
    return f"/webhooks/subscriptions/{item.subscription_id}/{what}"


def _messages(api: Api, item: SubscriptionItem, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(_at(item, "messages") + query)
    assert answer.status_code == 200, answer.body
    return list(answer.json_body["messages"])


def test_subscriptions_are_listed_without_their_secrets(api: Api, free_api: Api) -> None:
    assert api.get("/webhooks/subscriptions").json_body == {"subscriptions": []}
    ids = []
    for number, filters in enumerate(({}, {"matchConfidence": "high"})):
        body = {"targetUrl": f"{URL}/{number}", "filterConfig": filters}
        ids.append(api.post("/webhooks/subscribe", body).json_body["id"])
    answer = api.get("/webhooks/subscriptions")
    first, second = answer.json_body["subscriptions"]
    assert [first["id"], second["id"]] == ids
    assert (second["targetUrl"], second["filterConfig"]) == (
        f"{URL}/1",
        {"matchConfidence": "high"},
    )
    assert (first["filterConfig"], first["disabledAt"]) == ({}, None)
    assert b"whsec_" not in answer.body
    assert free_api.get("/webhooks/subscriptions").json_body == {"subscriptions": []}


def test_every_attempt_can_be_seen(api: Api, desk: Desk, hand: DeliverHand) -> None:
    item = subscribe(api, desk, "/hooks/status/503")
    tell(item, "a")
    hand.drain()
    desk.behave("/hooks/status/503", "ok")
    with time_machine.travel(clock.now() + timedelta(seconds=7)):
        hand.take_due()
        (message,) = _messages(api, item)
    assert message["id"] == desk.inbox.all()[0].headers["webhook-id"]
    assert (message["status"], message["nextAttemptAt"]) == ("delivered", None)
    assert [each["status"] for each in message["attempts"]] == [503, 200]
    assert message["attempts"][1]["snippet"] == '{"ok": true}'


def test_messages_come_in_pages_newest_first(api: Api, desk: Desk, hand: DeliverHand) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    start = clock.now()
    for number in range(5):
        with time_machine.travel(start + timedelta(seconds=number)):
            tell(item, str(number))
            hand.drain()
    ids = [each["id"] for each in _messages(api, item)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5
    walked, query = [], "?limit=2"
    while query:
        page = api.get(_at(item, "messages") + query).json_body
        walked += [each["id"] for each in page["messages"]]
        assert page["hasMore"] == (page["nextCursor"] is not None)
        query = f"?limit=2&cursor={page['nextCursor']}" if page["hasMore"] else ""
    assert walked == ids
    assert _messages(api, item, "?status=failed") == []
    assert len(_messages(api, item, "?status=delivered")) == 5
    cursor = api.get(_at(item, "messages") + "?limit=2").json_body["nextCursor"]
    other = api.get(_at(item, "messages") + f"?status=failed&cursor={cursor}")
    assert (other.status_code, other.json_body["code"]) == (400, "cursor_mismatch")


def test_a_trial_arrives_whatever_the_filter(api: Api, desk: Desk, hand: DeliverHand) -> None:
    item = subscribe(api, desk, "/hooks/ok", feedbackStatus="bad")
    answer = api.post(_at(item, "test"))
    assert answer.status_code == 202
    hand.drain()
    (received,) = desk.inbox.all()
    assert received.is_verified
    assert received.headers["webhook-id"] == answer.json_body["messageId"]
    assert received.shown()["body"]["type"] == "webhook.test"
    assert received.shown()["body"]["data"] == {"subscriptionId": item.subscription_id}


def test_a_secret_is_rotated(api: Api, desk: Desk, hand: DeliverHand) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    answer = api.post(_at(item, "rotate-secret")).json_body
    assert answer["secret"].startswith("whsec_")
    assert answer["secret"] != item.secret
    item.refresh()
    tell(item, "a")
    hand.drain()
    assert desk.inbox.all()[0].is_verified  # by the former secret, which the desk knows
    assert item.secret == answer["secret"]


def test_one_message_is_replayed_whatever_became_of_it(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    tell(item, "a")
    hand.drain()
    (message,) = _messages(api, item)
    answer = api.post(_at(item, "replay"), {"messageId": message["id"]})
    assert (answer.status_code, answer.json_body) == (202, {"ok": True})
    hand.drain()
    first, second = desk.inbox.all()
    assert first.content == second.content
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert len(_messages(api, item)[0]["attempts"]) == 2


def test_all_that_failed_since_a_time_are_replayed_once(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, "/hooks/status/500")
    start = clock.now()
    with time_machine.travel(start - timedelta(days=4)) as time:
        for name in ("long ago", "lately"):
            tell(item, name)
            hand.drain()
            while hand.waiting:
                time.move_to(hand.waiting[0][0])
                hand.take_due()
    desk.behave("/hooks/status/500", "ok")
    tell(item, "well received")
    with time_machine.travel(start + timedelta(minutes=30)):
        hand.drain()
        assert len(_messages(api, item, "?status=failed")) == 2
        since = clock.iso(start - timedelta(days=3))
        for _ in range(2):
            assert api.post(_at(item, "replay"), {"since": since}).status_code == 202
        calls = len(desk.inbox.all())
        hand.drain()
        (left,) = _messages(api, item, "?status=failed")
    assert len(desk.inbox.all()) == calls + 1
    assert left["createdAt"] < since


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "messageId"),
        ({"messageId": f"msg_{'0' * 33}", "since": "2026-07-05T06:00:00Z"}, "messageId"),
        ({"messageId": "a"}, "messageId"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-07-05T06:00:00Z", "all": True}, "all"),
    ],
)
def test_a_replay_says_what(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.post("/webhooks/subscriptions/12/replay", body)
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    assert [each["field"] for each in answer.json_body["details"]] == [field]


def test_webhook_message_not_found(api: Api, desk: Desk) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    answer = api.post(_at(item, "replay"), {"messageId": f"msg_{'0' * 33}"})
    assert (answer.status_code, answer.json_body["code"]) == (404, "webhook_message_not_found")


@pytest.mark.parametrize(
    ("what", "body"), [("test", None), ("replay", {"since": "2026-07-05T06:00:00Z"})]
)
def test_subscription_disabled(
    api: Api, desk: Desk, what: str, body: dict[str, Any] | None
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    item.update(actions=[SubscriptionItem.disabled_at.set(clock.now())])
    answer = api.post(_at(item, what), body)
    assert (answer.status_code, answer.json_body["code"]) == (409, "subscription_disabled")
    assert api.get("/webhooks/subscriptions").json_body["subscriptions"][0]["disabledAt"]


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("GET", "messages", None),
        ("POST", "test", None),
        ("POST", "rotate-secret", None),
        ("POST", "replay", {"since": "2026-07-05T06:00:00Z"}),
    ],
)
def test_what_is_anothers_is_not_there(
    api: Api, free_api: Api, desk: Desk, *, method: str, what: str, body: dict[str, Any] | None
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    tell(item, "a")
    caller = free_api.get if method == "GET" else free_api.post
    given = [_at(item, what)] if body is None else [_at(item, what), body]
    answer = caller(*given)
    assert (answer.status_code, answer.json_body["code"]) == (404, "subscription_not_found")
    anonymous = Api(None).get if method == "GET" else Api(None).post
    assert anonymous(*given).status_code == 401


def test_round_trips(api: Api, desk: Desk, hand: DeliverHand) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    tell(item, "a")
    hand.drain()
    for path in ("/webhooks/subscriptions", _at(item, "messages")):
        with counted() as calls:
            assert api.get(path).status_code == 200
        assert len(calls) == 2, calls


def test_what_waited_while_an_address_was_given_up_is_replayed_too(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, "/hooks/down")
    start = clock.now()
    with time_machine.travel(start, tick=False) as time:
        for number in range(6):
            tell(item, str(number))
        hand.drain()
        assert len(_messages(api, item)) == 3
        item.update(actions=[SubscriptionItem.disabled_at.set(clock.now())])
        time.shift(timedelta(minutes=7))
        hand.take_due()
        failed = _messages(api, item, "?status=failed")
        assert sorted(len(each["attempts"]) for each in failed) == [0, 0, 0, 1, 1, 1]
        desk.behave("/hooks/down", "ok")
        subscribe(api, desk, "/hooks/down")
        HealthItem(f"{api.user_id}#webhook#{item.subscription_id}", HEALTH).delete()
        since = {"since": clock.iso(start - timedelta(minutes=1))}
        assert api.post(_at(item, "replay"), since).status_code == 202
        hand.drain()
        assert len(_messages(api, item, "?status=delivered")) == 6
    assert len({each.headers["webhook-id"] for each in desk.inbox.all()[3:]}) == 6


def test_nothing_is_written_down_for_a_subscription_that_ended(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    job = tell(item, "a")
    api.delete("/webhooks/subscribe", {"id": item.subscription_id})
    hand.take(job)
    assert messages_to(item) == []


def test_messages_of_more_than_two_weeks_ago_are_not_shown(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    tell(item, "a")
    hand.drain()
    for days, shown in ((13.9, 1), (14.1, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            assert len(_messages(api, item)) == shown
            assert len(_messages(api, item, "?status=delivered")) == shown
