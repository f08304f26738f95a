"""A message and its receiver, whatever the receiver does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import svix
import time_machine
from standardwebhooks import Webhook

from chalicelib import clock
from chalicelib.delivery.jobs import GiveUp
from chalicelib.delivery.table import HEALTH, HealthItem, MessageItem
from chalicelib.open_web.client import Client
from chalicelib.webhooks import service
from chalicelib.webhooks.table import SubscriptionItem
from localdev.desk.server import Desk
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, messages_to, subscribe, tell

START = "2026-11-20T08:00:00Z"


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    """A clock that moves when a test says so."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def _health(item: SubscriptionItem) -> HealthItem | None:
    return HealthItem.find(f"{item.user_id}#webhook#{item.subscription_id}", HEALTH)


def _only(item: SubscriptionItem) -> MessageItem:
    (message,) = messages_to(item)
    return message


def test_both_libraries_verify_what_arrives(api: Api, desk: Desk, hand: DeliverHand) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    tell(item, "a")
    hand.drain()
    (got,) = desk.inbox.all()
    for verifier in (Webhook(item.secret), svix.Webhook(item.secret)):
        verifier.verify(got.content, dict(got.headers))
    assert got.headers["content-type"] == "application/json"
    message = _only(item)
    assert (message.status, message.message_id) == ("delivered", got.headers["webhook-id"])
    (attempt,) = message.attempts
    assert (attempt["status"], attempt["snippet"]) == (200, '{"ok": true}')


def test_a_repeat_sends_nothing_to_whoever_answered(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    job = tell(item, "a")
    for _ in range(3):
        hand.take(job)
        hand.take(job, is_repeat=True)
    assert (len(desk.inbox.all()), hand.waiting) == (1, [])


def test_the_schedule_to_its_end(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/status/500")
    tell(item, "a")
    hand.drain()
    pauses = []
    while hand.waiting:
        (due, _job) = hand.waiting[0]
        pauses.append((due - clock.now()).total_seconds())
        time.move_to(due)
        hand.take_due()
    expected = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400)
    assert len(pauses) == len(expected)
    assert all(0.8 * e <= p <= 1.2 * e for p, e in zip(pauses, expected, strict=True))
    got = desk.inbox.all()
    assert len(got) == 8
    assert all(each.is_verified for each in got)
    assert len({each.content for each in got}) == 1
    assert len({each.headers["webhook-id"] for each in got}) == 1
    assert len({each.headers["webhook-timestamp"] for each in got}) == 8
    message = _only(item)
    assert (message.status, len(message.attempts)) == ("failed", 8)


def test_it_recovers(api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller) -> None:
    item = subscribe(api, desk, "/hooks/status/503")
    tell(item, "a")
    hand.drain()
    failing = _health(item)
    assert failing is not None
    assert failing.failures == 1
    desk.behave("/hooks/status/503", "ok")
    time.shift(timedelta(seconds=7))
    hand.take_due()
    assert [each["status"] for each in _only(item).attempts] == [503, 200]
    assert (_only(item).status, _health(item), hand.waiting) == ("delivered", None, [])


@pytest.mark.parametrize(
    ("mood", "status", "is_delivered"),
    [
        ("status/201", 201, True),
        ("status/204", 204, True),
        ("endless", 200, True),
        ("broken", 200, True),
        ("redirect", 307, False),
        ("status/304", 304, False),
        ("status/404", 404, False),
        ("down", None, False),
        ("half", None, False),
        ("drip", None, False),
        ("silent", None, False),
    ],
)
def test_what_counts_as_delivered(
    api: Api, desk: Desk, hand: DeliverHand, mood: str, status: int | None, *, is_delivered: bool
) -> None:
    item = subscribe(api, desk, f"/hooks/{mood}")
    tell(item, "a")
    hand.drain()
    message = _only(item)
    (attempt,) = message.attempts
    assert (attempt["status"], attempt["error"] is None) == (status, status is not None)
    assert message.status == ("delivered" if is_delivered else "pending")
    assert len(hand.waiting) == (not is_delivered)
    assert len(desk.inbox.all()) == 1


def test_retry_after_is_honoured(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    tell(subscribe(api, desk, "/hooks/status/429/3600"), "a")
    hand.drain()
    ((due, _job),) = hand.waiting
    assert due - clock.now() == timedelta(hours=1)


def test_gone_is_gone_at_once(api: Api, desk: Desk, hand: DeliverHand) -> None:
    item = subscribe(api, desk, "/hooks/status/410")
    tell(item, "a")
    tell(item, "b")
    hand.drain()
    assert {type(job) for _, job in hand.waiting} == {GiveUp}
    for job in hand.due():
        hand.take(job)
    assert all('"reason":"gone"' in told for told in hand.jobs())
    assert service.one(api.user_id, item.subscription_id).disabled_at is not None
    calls = len(desk.inbox.all())
    hand.take(tell(item, "c"))
    hand.drain()
    assert len(desk.inbox.all()) == calls
    assert subscribe(api, desk, "/hooks/status/410").disabled_at is None


def test_an_address_that_was_subscribed_anew_stays_on_whatever_comes_late(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/status/410")
    tell(item, "a")
    hand.drain()
    ((_, late),) = hand.waiting
    hand.take(late)
    time.shift(timedelta(seconds=30))
    subscribe(api, desk, "/hooks/status/410")
    hand.take(late, is_repeat=True)
    assert service.one(api.user_id, item.subscription_id).disabled_at is None


def test_five_days_of_failures_end_it_with_a_mail(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/down")
    for day in range(5):
        tell(item, f"of day {day}")
        hand.drain()
        assert service.one(api.user_id, item.subscription_id).disabled_at is None
        hand.waiting.clear()
        time.shift(timedelta(days=1))
    tell(item, "the last one")
    hand.drain()
    ((_, give_up),) = hand.waiting
    hand.take(give_up)
    hand.take(give_up, is_repeat=True)
    assert service.one(api.user_id, item.subscription_id).disabled_at == clock.now()
    assert all('"reason":"failing"' in told for told in hand.jobs())
    assert _health(item) is None


def test_one_success_starts_the_five_days_anew(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/down")
    for mood in ("down", "ok", "down"):
        desk.behave("/hooks/down", mood)
        tell(item, f"{mood} {clock.now()}")
        hand.drain()
        hand.waiting.clear()
        time.shift(timedelta(days=4))
    assert service.one(api.user_id, item.subscription_id).disabled_at is None


def test_a_dead_receiver_is_left_alone_and_holds_nobody_back(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    dead, well = subscribe(api, desk, "/hooks/down"), subscribe(api, desk, "/hooks/ok")
    for number in range(10):
        tell(dead, f"{number}")
        tell(well, f"{number}")
    hand.drain()
    assert len(desk.inbox.all("/hooks/ok")) == 10
    assert len(desk.inbox.all("/hooks/down")) == 3
    desk.behave("/hooks/down", "ok")
    for _ in range(3):
        time.shift(timedelta(minutes=7))
        hand.take_due()
    assert {each.status for each in messages_to(dead)} == {"delivered"}
    assert (_health(dead), hand.waiting) == (None, [])


def test_while_a_call_is_not_answered_nobody_else_makes_it(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    hand.web = Client(allow_loopback_http=True, seconds=1.5)
    item = subscribe(api, desk, "/hooks/silent")
    first, second = tell(item, "a"), tell(item, "b")
    hand.take(first)
    known = _health(item)
    assert known is not None
    assert known.slow_until is None  # it has failed since, which says more
    assert known.failures == 1
    desk.behave("/hooks/silent", "slow/1.2")
    hand.take(second)
    assert _health(item) is None
    assert len(messages_to(item)) == 2


def test_a_slow_receiver_makes_its_messages_wait(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    HealthItem(
        f"{item.user_id}#webhook#{item.subscription_id}",
        HEALTH,
        url=item.target_url,
        slow_until=clock.now() + timedelta(seconds=9),
        expires=0,
    ).save()
    hand.take(tell(item, "a"))
    ((due, _),) = hand.waiting
    assert timedelta(seconds=2) <= due - clock.now() <= timedelta(seconds=3)
    assert (desk.inbox.all(), messages_to(item)) == ([], [])


def test_a_name_that_has_become_private_is_not_called(
    api: Api, desk: Desk, hand: DeliverHand
) -> None:
    hand.web = Client()
    item = subscribe(api, desk, "/hooks/ok")
    tell(item, "a")
    hand.drain()
    (attempt,) = _only(item).attempts
    assert attempt["status"] is None
    assert attempt["error"].startswith("not called")
    assert desk.inbox.all() == []


def test_nothing_is_sent_once_a_subscription_ended(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/down")
    tell(item, "a")
    hand.drain()
    service.unsubscribe(api.user_id, item.subscription_id)
    tell(item, "b")
    anew = subscribe(api, desk, "/hooks/down")
    time.shift(timedelta(days=1))
    hand.take_due()
    assert len(desk.inbox.all()) == 1
    assert (_only(item).status, messages_to(anew)) == ("failed", [])


def test_after_a_rotation_both_secrets_sign_for_a_day(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/ok")
    old, new = item.secret, service.rotate(api.user_id, item.subscription_id).secret
    item.refresh()
    tell(item, "a")
    hand.drain()
    (got,) = desk.inbox.all()
    for secret in (old, new):
        Webhook(secret).verify(got.content, dict(got.headers))
    assert got.headers["webhook-signature"].count("v1,") == 2
    time.shift(timedelta(hours=24))
    tell(item, "b")
    hand.drain()
    last = desk.inbox.all()[-1]
    assert not last.is_verified
    Webhook(new).verify(last.content, dict(last.headers))


def test_what_comes_out_of_order_or_twice_is_sent_once(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller
) -> None:
    item = subscribe(api, desk, "/hooks/status/500")
    first = tell(item, "a")
    hand.take(first)
    ((_, second),) = hand.waiting
    hand.take(second)  # before its time
    assert len(desk.inbox.all()) == 1
    desk.behave("/hooks/status/500", "ok")
    time.shift(timedelta(seconds=7))
    hand.take(first, is_repeat=True)  # whoever had it may have died before sending the second
    hand.take_due()
    hand.take(second)
    hand.take(first)
    hand.take_due()
    assert len(desk.inbox.all()) == 2
    assert [each["status"] for each in _only(item).attempts] == [500, 200]


def test_three_round_trips_for_what_arrives(api: Api, desk: Desk, hand: DeliverHand) -> None:
    from bench.trips import counted

    job = tell(subscribe(api, desk, "/hooks/ok"), "a")
    with counted() as calls:
        hand.take(job)
    assert calls == ["TransactGetItems", "UpdateItem", "UpdateItem"]
