"""A stream's own webhook address over HTTP: its messages, trying it, rotating, replaying."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clock
from chalicelib.delivery.receivers import Receiver, as_receiver
from chalicelib.streams import address
from chalicelib.streams.table import StreamItem
from localdev.desk.server import Desk
from tests.api.stream_hand import patch
from tests.api_client import Api
from tests.delivery.hand import DeliverHand

SINCE = {"since": "2026-07-05T06:00:00Z"}
PATH = "/hooks/ok"


@pytest.fixture
def stream_id(api: Api, desk: Desk) -> int:
    """A stream that tells the desk of its leads."""
    fields = {"webhookUrl": "https://8.8.8.8/own", "deliveryDestination": "leads_plus_webhook"}
    made = api.create_stream(**fields)
    row = address.one(api.user_id, made["id"])
    # A real address is public; only the one that is called differs here.
    row.update(actions=[StreamItem.webhook_url.set(desk.url + PATH)])
    desk.inbox.trust(PATH, made["webhookSecret"])
    return int(made["id"])


def _receiver(api: Api, stream_id: int) -> Receiver:
    row = address.one(api.user_id, stream_id)
    receiver = as_receiver(row, stream_id, clock.now())
    assert receiver is not None
    return receiver


def _messages(api: Api, stream_id: int, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"/streams/{stream_id}/webhook/messages{query}")
    assert answer.status_code == 200, answer.body
    return list(answer.json_body["messages"])


def test_every_attempt_can_be_seen(api: Api, desk: Desk, hand: DeliverHand, stream_id: int) -> None:
    assert _messages(api, stream_id) == []
    desk.behave(PATH, "status/503")
    api.post(f"/streams/{stream_id}/run")
    hand.drain()
    (message,) = _messages(api, stream_id, "?status=pending")
    assert message["event"] == "leads.discovered"
    desk.behave(PATH, "ok")
    with time_machine.travel(clock.now() + timedelta(seconds=7)):
        hand.take_due()
        (message,) = _messages(api, stream_id)
    assert [each["status"] for each in message["attempts"]] == [503, 200]
    assert message["id"] == desk.inbox.all()[0].headers["webhook-id"]


def test_a_trial_arrives_and_can_be_replayed(
    api: Api, desk: Desk, hand: DeliverHand, stream_id: int
) -> None:
    answer = api.post(f"/streams/{stream_id}/webhook/test")
    assert answer.status_code == 202
    hand.drain()
    (received,) = desk.inbox.all()
    assert received.is_verified
    assert received.headers["webhook-id"] == answer.json_body["messageId"]
    assert received.shown()["body"]["data"] == {"streamId": stream_id}
    again = {"messageId": answer.json_body["messageId"]}
    answer = api.post(f"/streams/{stream_id}/webhook/replay", again)
    assert (answer.status_code, answer.json_body) == (202, {"ok": True})
    hand.drain()
    first, second = desk.inbox.all()
    assert (first.content, first.headers["webhook-id"]) == (
        second.content,
        second.headers["webhook-id"],
    )


def test_what_failed_since_a_time_is_replayed(
    api: Api, desk: Desk, hand: DeliverHand, stream_id: int
) -> None:
    desk.behave(PATH, "status/500")
    start = clock.now()
    with time_machine.travel(start - timedelta(days=3)) as time:
        api.post(f"/streams/{stream_id}/webhook/test")
        hand.drain()
        while hand.waiting:
            time.move_to(hand.waiting[0][0])
            hand.take_due()
    assert [each["status"] for each in _messages(api, stream_id)] == ["failed"]
    desk.behave(PATH, "ok")
    since = {"since": clock.iso(start - timedelta(days=4))}
    assert api.post(f"/streams/{stream_id}/webhook/replay", since).status_code == 202
    with time_machine.travel(start + timedelta(minutes=10)):
        hand.drain()
        assert [each["status"] for each in _messages(api, stream_id)] == ["delivered"]


def test_a_secret_is_rotated_and_both_sign_for_a_day(
    api: Api, desk: Desk, hand: DeliverHand, stream_id: int
) -> None:
    (former,) = _receiver(api, stream_id).secrets
    answer = api.post(f"/streams/{stream_id}/webhook/rotate-secret").json_body
    assert _receiver(api, stream_id).secrets == (answer["secret"], former)
    api.post(f"/streams/{stream_id}/webhook/test")
    hand.drain()
    assert desk.inbox.all()[0].is_verified  # by the former secret, which the desk knows
    with time_machine.travel(clock.now() + timedelta(hours=24, seconds=1)):
        assert _receiver(api, stream_id).secrets == (answer["secret"],)


def test_another_address_has_one_new_secret_and_the_same_keeps_its_own(
    api: Api, stream_id: int
) -> None:
    rotated = api.post(f"/streams/{stream_id}/webhook/rotate-secret").json_body["secret"]
    here = address.one(api.user_id, stream_id).webhook_url
    assert here is not None
    assert "webhookSecret" not in patch(api, stream_id, name="Another")
    assert _receiver(api, stream_id).secrets[0] == rotated
    secret = patch(api, stream_id, webhookUrl="https://8.8.4.4/other")["webhookSecret"]
    assert _receiver(api, stream_id).secrets == (secret,)


@pytest.mark.parametrize("verb", ["test", "rotate-secret", "replay"])
def test_stream_webhook_off(api: Api, verb: str) -> None:
    made = api.create_stream()["id"]
    given = [f"/streams/{made}/webhook/{verb}", *([SINCE] if verb == "replay" else [])]
    answer = api.post(*given)
    assert (answer.status_code, answer.json_body["code"]) == (409, "stream_webhook_off")


def test_a_message_of_another_address_is_not_there(api: Api, stream_id: int) -> None:
    body = {"messageId": f"msg_{'0' * 33}"}
    answer = api.post(f"/streams/{stream_id}/webhook/replay", body)
    assert (answer.status_code, answer.json_body["code"]) == (404, "webhook_message_not_found")


@pytest.mark.parametrize("verb", ["messages", "test", "rotate-secret", "replay"])
def test_what_is_anothers_is_not_there(
    api: Api, free_api: Api, stream_id: int, *, verb: str
) -> None:
    given = [f"/streams/{stream_id}/webhook/{verb}", *([SINCE] if verb == "replay" else [])]
    for caller, expected in ((free_api, (404, "stream_not_found")), (Api(None), (401, None))):
        answer = (caller.get if verb == "messages" else caller.post)(*given)
        code = answer.json_body["code"] if expected[1] else None
        assert (answer.status_code, code) == expected
    assert api.get(f"/streams/{stream_id}").status_code == 200
