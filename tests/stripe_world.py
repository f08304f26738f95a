"""A Stripe that remembers: items of subscriptions, and schedules of two phases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.users import SELF, UserItem
from chalicelib.settings import settings
from tests.api_client import Api
from tests.fake_stripe import MONTH, PERIOD, PRICES, FakeStripe

PERIOD_ENDS = "2026-10-21T14:13:20Z"
"""PERIOD and a month, as the API shows it."""


class StripeWorld(FakeStripe):
    """What a subscription holds changes as callers ask."""

    def __init__(self) -> None:
        super().__init__()
        self.schedules: dict[str, dict[str, Any]] = {}

    def subscribe(self, user_id: int, subscription: str = "sub_1", **changes: Any) -> None:
        super().subscribe(user_id, subscription, **changes)
        for item in self.subscriptions[subscription]["items"]["data"]:
            item["price"]["recurring"] = {"interval": "month", "interval_count": 1}
        self.subscriptions[subscription]["schedule"] = None

    def holds(self, subscription: str = "sub_1") -> dict[str, int]:
        """Slots by tier that are paid for now."""
        items = self.subscriptions[subscription]["items"]["data"]
        return _by_tier((item["price"]["id"], item["quantity"]) for item in items)

    def will_hold(self, subscription: str = "sub_1") -> dict[str, int] | None:
        """Slots by tier from the period's end on, None when nothing is scheduled."""
        schedule_id = self.subscriptions[subscription]["schedule"]
        if schedule_id is None or len(self.schedules[schedule_id]["phases"]) < 2:
            return None
        items = self.schedules[schedule_id]["phases"][1]["items"].values()
        return _by_tier((item["price"], int(item["quantity"])) for item in items)

    def changes(self) -> list[str]:
        """The paths that were asked to change something."""
        return [asked.path for asked in self.asked if asked.idempotency_key]

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.refusal:
            return super().answer(path)
        kind, _, rest = path.removeprefix("/v1/").partition("/")
        asked = self.asked[-1]
        wanted = _nested(asked.form) if asked.idempotency_key else {}
        if kind == "subscription_schedules":
            return 200, self._schedule(*rest.partition("/")[::2], wanted)
        for item in wanted.get("items", {}).values():
            self._update(rest, item)
        return super().answer(path)

    def _update(self, subscription: str, wanted: dict[str, Any]) -> None:
        items = self.subscriptions[subscription]["items"]["data"]
        quantity = int(wanted["quantity"])
        for item in items:
            if item["id"] == wanted.get("id"):
                item["quantity"] = quantity
        if "price" in wanted:
            price = {**items[0]["price"], "id": wanted["price"]}
            new = {"id": f"si_{wanted['price']}", "price": price, "quantity": quantity}
            items.append({**items[0], **new})

    def _schedule(self, schedule_id: str, verb: str, wanted: dict[str, Any]) -> dict[str, Any]:
        if "from_subscription" in wanted:
            schedule_id = f"sub_sched_{len(self.schedules) + 1}"
            self.subscriptions[wanted["from_subscription"]]["schedule"] = schedule_id
            self.schedules[schedule_id] = {"of": wanted["from_subscription"], "phases": [{}]}
        of = self.subscriptions[self.schedules[schedule_id]["of"]]
        if verb == "release":
            of["schedule"] = None
        if "phases" in wanted:
            self.schedules[schedule_id]["phases"] = list(wanted["phases"].values())
            for item in of["items"]["data"]:
                item["quantity"] = 0
            for item in wanted["phases"]["0"]["items"].values():
                known = [
                    each for each in of["items"]["data"] if each["price"]["id"] == item["price"]
                ]
                named = {"id": known[0]["id"]} if known else {"price": item["price"]}
                self._update(of["id"], {**named, "quantity": item["quantity"]})
        running = {"start_date": PERIOD, "end_date": PERIOD + MONTH}
        return {"object": "subscription_schedule", "id": schedule_id, "current_phase": running}


def _by_tier(quantities: Iterator[tuple[str, int]]) -> dict[str, int]:
    tiers = {price: tier for tier, price in PRICES.items()}
    return {tiers[price]: number for price, number in quantities if number}


def _nested(form: dict[str, str]) -> dict[str, Any]:
    """`items[0][id]=x` as nested objects."""
    found: dict[str, Any] = {}
    for key, value in form.items():
        *path, last = re.findall(r"[^\[\]]+", key)
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return found


@contextmanager
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use while this lasts."""
    with StripeWorld() as world, monkeypatch.context() as environment:
        environment.setenv("STRIPE_API_KEY", "sk_test_made_up")
        environment.setenv("STRIPE_BASE_URL", world.url)
        for tier, price in PRICES.items():
            environment.setenv(f"STRIPE_PRICE_{tier.upper()}", price)
        _forget_settings()
        yield world
    _forget_settings()


def _forget_settings() -> None:
    settings.cache_clear()
    wiring.stripe.cache_clear()


def pays_for(world: StripeWorld, api: Api, **slots: int) -> None:
    """Let the user's subscription hold these slots, here and at Stripe."""
    world.subscribe(api.user_id, slots=slots)
    UserItem(api.user_id, SELF).update(
        actions=[UserItem.slots.set(slots), UserItem.subscription_id.set("sub_1")]
    )
