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
from tests.fake_stripe import MONTH, PERIOD, PRICES
from tests.stripe_world import StripeWorld


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
    items = world.subscriptions["sub_1"]["items"]["data"]
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
    assert ends == datetime.fromtimestamp(PERIOD + MONTH, UTC)
    expected = {"price_p": 1, "price_g": 2, "price_of_others": 1}
    assert _quantities(world) == expected
    (changed,) = world.changes()
    form = next(asked.form for asked in world.asked if asked.idempotency_key)
    assert changed == "/v1/subscriptions/sub_1"
    assert form["proration_behavior"] == "create_prorations"
    subscriptions.hold("sub_1", {"pro": 1, "growth": 2}, None, action="b")
    assert world.changes() == [changed]
    subscriptions.hold("sub_1", {}, None, action="c")
    assert _quantities(world) == {"price_p": 0, "price_g": 0, "price_of_others": 1}


def test_two_phases_and_back(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    subscriptions.hold("sub_1", {"pro": 2}, {"pro": 1, "starter": 1}, action="a")
    (schedule,) = world.schedules.values()
    now, later = schedule["phases"]
    assert (now["start_date"], now["end_date"]) == (str(PERIOD), str(PERIOD + MONTH))
    assert now["items"]["1"] == later["items"]["2"] == {"price": "price_of_others", "quantity": "1"}
    assert later["proration_behavior"] == "none"
    assert later["duration"] == {"interval": "month", "interval_count": "1"}
    assert _quantities(world) == {"price_p": 2, "price_of_others": 1}
    subscriptions.hold("sub_1", {"pro": 3}, {"pro": 3}, action="b")
    assert len(world.schedules) == 1
    assert _quantities(world)["price_p"] == 3
    subscriptions.hold("sub_1", {"pro": 3}, None, action="c")
    assert world.subscriptions["sub_1"]["schedule"] is None


def test_one_key_per_action_call_and_minute(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    keys = []
    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=False) as traveller:
        for action, seconds in (("a", 0), ("a", 30), ("b", 0), ("a", 60)):
            traveller.shift(timedelta(seconds=seconds))
            world.subscribe(5, slots={"pro": 2})
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
    assert _quantities(world) == {"price_p": 2, "price_of_others": 1}


def test_refusals_in_stripes_words_and_silence_in_ours(world: StripeWorld) -> None:
    subscriptions = _subscriptions(world)
    world.refusal = (402, {"type": "card_error", "message": "Your card was declined."})
    with pytest.raises(StripeFailed) as refused:
        subscriptions.hold("sub_1", {"pro": 1}, None, action="a")
    assert refused.value.body["error"] == "Your card was declined."
    unreachable = _subscriptions(world, stripe_base_url="http://127.0.0.1:1")
    with pytest.raises(StripeFailed) as silent:
        unreachable.hold("sub_1", {"pro": 1}, None, action="a")
    assert silent.value.body["error"] == "stripe_error"
