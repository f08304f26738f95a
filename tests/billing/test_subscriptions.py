"""Telling Stripe what a subscription holds, against a Stripe that remembers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from chalicelib.billing.stripe_client import build_stripe
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.errors import StripeFailed
from chalicelib.settings import Settings
from localdev.stripe import pages
from localdev.stripe.shop import OTHER, PRICES
from tests.stripe_world import PERIOD, PERIOD_END, StripeWorld


@pytest.fixture
def world() -> Iterator[StripeWorld]:
    """A Stripe with one subscription: two pro slots, and an item that is none of ours."""
    with StripeWorld() as found:
        found.subscribe(5, slots={"pro": 2, "support": 1})
        yield found


def _settings(world: StripeWorld, **changes: str) -> Settings:
    own = {
        "stripe_api_key": "sk_test_made_up",
        "stripe_base_url": world.url,
        **{f"stripe_price_{tier}": price for tier, price in PRICES.items()},
    }
    return Settings(**(own | changes))


def _subscriptions(world: StripeWorld, **changes: str) -> Subscriptions:
    return Subscriptions(lambda: build_stripe(_settings(world, **changes)))


def _quantities(world: StripeWorld) -> dict[str, int]:
    items = world.books.get("subscription", "sub_1")["items"]["data"]
    return {item["price"]["id"]: item["quantity"] for item in items}


def test_without_a_key_nothing_is_asked(world: StripeWorld) -> None:
    unable = _subscriptions(world, stripe_api_key="")
    with pytest.raises(StripeFailed):
        unable.require("sub_1")
    with pytest.raises(StripeFailed):
        unable.hold("sub_1", {"pro": 1}, None, action="a")
    assert world.asked == []


def test_a_user_without_a_subscription_is_refused(world: StripeWorld) -> None:
    assert _subscriptions(world).require("sub_1") == "sub_1"
    with pytest.raises(StripeFailed):
        _subscriptions(world).require(None)


def test_quantities_are_totals(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    ends = subscriptions.hold("sub_1", {"pro": 1, "growth": 2}, None, action="a")
    assert ends == datetime.fromtimestamp(PERIOD_END, UTC)
    expected = {PRICES["pro"]: 1, PRICES["growth"]: 2, OTHER: 1}
    assert _quantities(world) == expected
    (changed,) = world.changes()
    form = next(asked.form for asked in world.asked if asked.idempotency_key)
    assert changed == "/v1/subscriptions/sub_1"
    assert form["proration_behavior"] == "create_prorations"
    subscriptions.hold("sub_1", {"pro": 1, "growth": 2}, None, action="b")
    assert world.changes() == [changed]
    subscriptions.hold("sub_1", {}, None, action="c")
    assert _quantities(world) == {PRICES["pro"]: 0, PRICES["growth"]: 0, OTHER: 1}


def test_two_phases_and_back(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    subscriptions.hold("sub_1", {"pro": 2}, {"pro": 1, "starter": 1}, action="a")
    (schedule,) = world.books.all("subscription_schedule")
    now, later = schedule["phases"]
    assert (now["start_date"], now["end_date"]) == (PERIOD, PERIOD_END)
    assert world.will_hold() == {"pro": 1, "starter": 1}
    others = [
        item["quantity"]
        for phase in (now, later)
        for item in phase["items"]
        if item["price"] == OTHER
    ]
    assert others == [1, 1]
    assert later["proration_behavior"] == "none"
    assert world.asked[-1].form["phases"][1]["duration"] == {
        "interval": "month",
        "interval_count": "1",
    }
    assert _quantities(world) == {PRICES["pro"]: 2, OTHER: 1}
    subscriptions.hold("sub_1", {"pro": 3}, {"pro": 3}, action="b")
    assert len(world.books.all("subscription_schedule")) == 1
    assert _quantities(world)[PRICES["pro"]] == 3
    subscriptions.hold("sub_1", {"pro": 3}, None, action="c")
    assert world.books.get("subscription", "sub_1")["schedule"] is None


def test_one_key_per_action_call_and_minute(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    keys = []
    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=False) as traveller:
        for action, seconds in (("a", 0), ("a", 30), ("b", 0), ("a", 60)):
            traveller.shift(timedelta(seconds=seconds))
            world.books.get("subscription", "sub_1")["items"]["data"][0]["quantity"] = 2
            subscriptions.hold("sub_1", {"pro": 1}, None, action=action)
            keys.append(world.asked[-1].idempotency_key)
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("later", [None, {"pro": 1, "growth": 1}])
def test_a_tier_without_a_price(world: StripeWorld, later: dict[str, int] | None) -> None:
    subscriptions = _subscriptions(world, stripe_price_growth="")
    now = {"pro": 2} if later else {"pro": 2, "growth": 1}
    with pytest.raises(StripeFailed, match="growth"):
        subscriptions.hold("sub_1", now, later, action="a")
    assert _quantities(world) == {PRICES["pro"]: 2, OTHER: 1}


def test_refusals_in_stripes_words_and_silence_in_ours(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    world.refuse(402, {"type": "card_error", "message": "Your card was declined."})
    with pytest.raises(StripeFailed) as refused:
        subscriptions.hold("sub_1", {"pro": 1}, None, action="a")
    assert refused.value.body["error"] == "Your card was declined."
    unreachable = _subscriptions(world, stripe_base_url="http://127.0.0.1:1")
    with pytest.raises(StripeFailed) as silent:
        unreachable.hold("sub_1", {"pro": 1}, None, action="a")
    assert silent.value.body["error"] == "stripe_error"


def test_behind_a_cancellation_nothing_is_scheduled(world: StripeWorld) -> None:
    """A schedule would take the cancellation back, and the user would be billed on."""
    subscriptions = _subscriptions(world)
    pages.cancel_in_portal(world.books, "sub_1")
    subscriptions.hold("sub_1", {"pro": 2}, {"pro": 1, "starter": 1}, action="a")
    assert world.books.get("subscription", "sub_1")["cancel_at_period_end"] is True
    assert world.will_hold() is None


def test_a_failure_in_the_middle_is_taken_up_again(world: StripeWorld) -> None:
    """Stripe replays a 500 to the key that it knows; a minute later there is another key."""
    subscriptions = _subscriptions(world)
    with time_machine.travel(datetime.fromtimestamp(PERIOD + 60, UTC), tick=False) as traveller:
        world.refuse(500, {"type": "api_error", "message": "down"}, "POST .*schedules/")
        world.service.faults.waiting[0].kind = "fail"
        for _ in range(2):
            with pytest.raises(StripeFailed) as failed:
                subscriptions.hold("sub_1", {"pro": 2}, {"pro": 1}, action="a")
            assert failed.value.body["error"] == "down"
            world.recover()
        assert world.will_hold() is None
        traveller.shift(60)
        subscriptions.hold("sub_1", {"pro": 2}, {"pro": 1}, action="a")
        assert world.will_hold() == {"pro": 1}


def test_a_subscription_ends_once(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    assert subscriptions.live_ones(5, "cus_1") == ["sub_1"]
    assert subscriptions.live_ones(6, "cus_1") == []
    for _ in range(2):
        subscriptions.cancel("sub_1")
    assert world.books.get("subscription", "sub_1")["status"] == "canceled"
    credit = [line["amount"] for line in world.books.all("invoice")[-1]["lines"]["data"]]
    assert sum(credit) < 0
    assert subscriptions.live_ones(5, "cus_1") == []
