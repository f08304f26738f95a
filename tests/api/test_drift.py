"""The nightly reconcile with Stripe, second subscriptions, and the message that credits are low."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import aws, wiring
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import low_balance
from chalicelib.follow_up import Reconcile
from chalicelib.settings import settings
from chalicelib.settlement.reconciling import Drift, reconcile
from localdev.stripe import pages
from tests.api.stream_hand import pair, set_user
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for, post_event


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use."""
    with configured(monkeypatch) as world:
        yield world


def _user(api: Api) -> UserItem:
    return UserItem.get(api.user_id, SELF, consistent_read=True)


def _night(api: Api) -> Drift:
    return reconcile(api.user_id, wiring.subscriptions())


def _buy(api: Api, stripe: StripeWorld, tier: str, quantity: int = 1) -> str:
    """Pay on a checkout page; returns the subscription. Its events are lost."""
    answer = api.post("/billing/checkout", {"tier": tier, "quantity": quantity})
    session = answer.json_body["url"].rpartition("/")[2]
    bought = str(pages.complete(stripe.books, session)["subscription"])
    stripe.books.fetch_events()
    return bought


def _deliveries() -> list[dict[str, Any]]:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=settings().resource("deliver"))["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_nothing_drifted(api: Api, stripe: StripeWorld) -> None:
    pays_for(stripe, api, starter=1)
    before = stripe.changes()
    assert _night(api) == Drift()
    assert stripe.changes() == before


def test_a_user_without_a_subscription_asks_nothing(free_api: Api, stripe: StripeWorld) -> None:
    assert _night(free_api) == Drift()
    assert stripe.asked == []
    assert reconcile(free_api.user_id + 1, wiring.subscriptions()) == Drift()


def test_a_quantity_that_somebody_lowered_follows_the_awake_accounts(
    api: Api, stripe: StripeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    pays_for(stripe, api, growth=2)
    for handle in ("orbitdesk", "tidewater"):
        api.create_stream(pairs=[pair(handle, "growth")])
    stripe.books.get("subscription", "sub_1")["items"]["data"][0]["quantity"] = 1
    with caplog.at_level(logging.WARNING):
        assert _night(api).strayed == 1
    assert stripe.holds() == _user(api).slots == {"growth": 2}
    assert _night(api) == Drift()
    assert "example.org" not in caplog.text


def test_a_quantity_that_somebody_raised_is_a_slot_bought_ahead(
    api: Api, stripe: StripeWorld, queues: QueueHand
) -> None:
    pays_for(stripe, api, growth=1)
    stripe.books.get("subscription", "sub_1")["items"]["data"][0]["quantity"] = 3
    queues.send("keep_up", Reconcile(user_id=api.user_id).model_dump_json())
    queues.drain()
    assert stripe.holds() == _user(api).slots == {"growth": 3}


def test_a_schedule_that_is_gone_is_made_again(api: Api, stripe: StripeWorld) -> None:
    pays_for(stripe, api, pro=1)
    account_id = api.create_stream(pairs=[pair("orbitdesk", "pro")])["accounts"][0]["accountId"]
    api.post(f"/accounts/{account_id}/change-tier", {"newTier": "starter"})
    pages.cancel_in_portal(stripe.books, "sub_1")
    assert _night(api) == Drift()
    assert stripe.will_hold() is None
    pages.resume_in_portal(stripe.books, "sub_1")
    assert _night(api).strayed == 2
    assert stripe.will_hold() == {"starter": 1}


def test_a_payment_whose_news_was_lost(free_api: Api, stripe: StripeWorld) -> None:
    bought = _buy(free_api, stripe, "growth", 2)
    assert _user(free_api).status == "free_user"
    assert _night(free_api).corrected > 0
    user = _user(free_api)
    assert (user.status, user.subscription_id, user.checkouts) == ("active", bought, None)
    assert user.slots == {"growth": 2}
    assert _night(free_api) == Drift()


def test_an_expired_page_is_forgotten(free_api: Api, stripe: StripeWorld) -> None:
    answer = free_api.post("/billing/checkout", {"tier": "pro"})
    session = answer.json_body["url"].rpartition("/")[2]
    assert _night(free_api) == Drift()
    assert _user(free_api).checkouts == {session}
    pages.expire(stripe.books, {}, session)
    assert _night(free_api) == Drift()
    assert (_user(free_api).checkouts, _user(free_api).status) == (None, "free_user")


@pytest.mark.parametrize("by_event", [True, False])
def test_two_pages_paid_make_one_subscription(
    free_api: Api, stripe: StripeWorld, queues: QueueHand, by_event: bool
) -> None:
    """A user who pays in two tabs is billed once; the other payment is credited."""
    one, other = (
        free_api.post("/billing/checkout", {"tier": tier}).json_body["url"].rpartition("/")[2]
        for tier in ("starter", "pro")
    )
    bought = [pages.complete(stripe.books, each)["subscription"] for each in (one, other)]
    if by_event:
        for event in stripe.books.fetch_events():
            post_event(event)
        queues.drain()
    else:
        assert _night(free_api).seconds == 1
    statuses = {each["id"]: each["status"] for each in stripe.books.all("subscription")}
    assert sorted(statuses[each] for each in bought) == ["active", "canceled"]
    assert statuses[str(_user(free_api).subscription_id)] == "active"
    assert sum(line["amount"] for line in stripe.books.all("invoice")[-1]["lines"]["data"]) < 0


def test_a_new_subscription_before_the_news_that_the_old_one_ended(
    api: Api, stripe: StripeWorld, queues: QueueHand
) -> None:
    pays_for(stripe, api, starter=1)
    stripe.books.get("subscription", "sub_1")["status"] = "canceled"
    stripe.subscribe(api.user_id, "sub_2", slots={"pro": 1})
    post_event(stripe.event("invoice.paid", api.user_id, number=1, subscription="sub_2"))
    queues.drain()
    user = _user(api)
    assert (user.subscription_id, user.status, user.slots) == ("sub_2", "active", {"pro": 1})


def test_a_subscription_of_nobody_ends(api: Api, stripe: StripeWorld, queues: QueueHand) -> None:
    stripe.subscribe(api.user_id + 1, "sub_9")
    post_event(stripe.event("invoice.paid", api.user_id + 1, number=1, subscription="sub_9"))
    queues.drain()
    assert stripe.books.get("subscription", "sub_9")["status"] == "canceled"


@pytest.mark.parametrize("whose", ["nobody", "free", "subscribed"])
def test_what_else_is_sold_at_the_same_stripe_is_left_alone(
    free_api: Api, stripe: StripeWorld, queues: QueueHand, whose: str
) -> None:
    """Another product may keep users' numbers under the same name; nothing of ours is bought."""
    if whose == "subscribed":
        pays_for(stripe, free_api, starter=1)
    before, user_id = _user(free_api).serialize(), free_api.user_id + (whose == "nobody")
    stripe.subscribe(user_id, "sub_9", slots={})
    for number, kind in enumerate(("checkout.session.completed", "customer.subscription.updated")):
        post_event(stripe.event(kind, user_id, number=number, subscription="sub_9"))
    queues.drain()
    assert stripe.books.get("subscription", "sub_9")["status"] == "active"
    assert _user(free_api).serialize() == before
    assert _night(free_api) == Drift()
    assert stripe.books.get("subscription", "sub_9")["status"] == "active"


def test_an_action_left_over_when_the_subscription_ended(api: Api, stripe: StripeWorld) -> None:
    """A subscription that is over takes no change, and the news of its end was lost."""
    pays_for(stripe, api, starter=1)
    set_user(api, untold={"left over": 0})
    stripe.books.get("subscription", "sub_1")["status"] = "canceled"
    assert _night(api).untold == 1
    assert (_user(api).status, _user(api).slots, _user(api).untold) == ("canceled", {}, {})
    assert _night(api) == Drift()


def test_stripe_that_is_down_is_asked_again_another_night(api: Api, stripe: StripeWorld) -> None:
    pays_for(stripe, api, starter=1)
    stripe.refuse(503, {"type": "api_error", "message": "down"})
    with pytest.raises(Exception, match="payment provider"):
        _night(api)
    stripe.recover()
    assert _night(api) == Drift()


def test_low_credits_are_told_once_for_each_time_they_fall(api: Api, x_world: Any) -> None:
    for number in range(6):
        bio = f"hi@person{number}.example"
        x_world.world.people.edit(f"person_{number:03d}", {"bio": bio})

    def look_up(number: int) -> None:
        body = {"x_handle": f"person_{number:03d}"}
        assert api.post("/lookups/enrich-email", body).status_code == 200

    api.create_stream(pairs=[pair()])
    granted = _user(api).granted
    assert granted == 50
    set_user(api, credits=12)
    look_up(0)
    assert _deliveries() == []
    look_up(1)
    told = {"kind": "low_credits", "user_id": api.user_id, "granted": granted}
    assert _deliveries() == [told]
    look_up(2)
    low_balance.look(api.user_id)
    assert _deliveries() == []
    set_user(api, credits=11, granted=granted + 150)
    look_up(3)
    assert _deliveries() == [{**told, "granted": granted + 150}]
    set_user(api, low_told=0)  # whoever sent the message died before noting it
    low_balance.look(api.user_id)
    assert _deliveries() == [{**told, "granted": granted + 150}]


def test_who_began_with_more_is_told_before_any_grant(free_api: Api) -> None:
    """Users who came from v1 bring what they had."""
    set_user(free_api, opening=40, credits=11)
    low_balance.look(free_api.user_id)
    assert _deliveries() == []
    set_user(free_api, credits=10)
    for told in ([{"kind": "low_credits", "user_id": free_api.user_id, "granted": 0}], []):
        low_balance.look(free_api.user_id)
        assert _deliveries() == told


def test_a_free_user_who_never_had_more_is_not_told(free_api: Api, x_world: Any) -> None:
    x_world.world.people.edit("person_001", {"bio": "hi@person.example"})
    free_api.post("/lookups/enrich-email", {"x_handle": "person_001"})
    assert _user(free_api).credits == 9
    assert _deliveries() == []
