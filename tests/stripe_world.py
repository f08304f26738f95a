"""The fake Stripe in this process, and a hand on what it holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import clock, wiring
from chalicelib.auth.users import SELF, UserItem
from chalicelib.settings import settings
from localdev.stripe import calendars, catalogue, events, subscriptions
from localdev.stripe.books import Books, Thing
from localdev.stripe.faults import Fault
from localdev.stripe.server import Server
from localdev.stripe.service import Asked, Service
from localdev.stripe.shop import OTHER, PRICES, stock
from tests.api_client import Api

SECRET = "whsec_made_up"
EVENTS = "/billing/stripe-events"
PERIOD = int(time.time()) - 5 * 86_400
"""Start of a running billing period, in seconds since 1970."""
MONTHLY = {"interval": "month", "interval_count": 1}
PERIOD_END = calendars.after(PERIOD, MONTHLY, PERIOD)
PERIOD_ENDS = clock.iso(datetime.fromtimestamp(PERIOD_END, UTC))
"""PERIOD_END as the API shows it."""


class StripeWorld(Server):
    """`with StripeWorld() as world:`; what tests set is what it answers."""

    def __init__(self) -> None:
        super().__init__(Service(stock(Books())))
        self.books = self.service.books
        self.customer()

    @property
    def asked(self) -> list[Asked]:
        return list(self.service.asked)

    def refuse(self, status: int, error: dict[str, str], match: str = "") -> None:
        """Answer so from now on whatever `METHOD /path` holds `match`."""
        self.service.faults.waiting = [Fault(match=match, status=status, error=error)]

    def recover(self) -> None:
        """Answer as it should again."""
        self.service.faults.waiting = []

    def customer(self, customer_id: str = "cus_1") -> Thing:
        """The customer with this id, made if need be."""
        known = self.books.tables.get("customer", {})
        if customer_id not in known:
            made = catalogue.create_customer(self.books, {"email": "made@up.example"})
            self.books.remove(made)
            self.books.add({**made, "id": customer_id})
        return known.get(customer_id) or self.books.get("customer", customer_id)

    def subscribe(self, user_id: int, subscription: str = "sub_1", **changes: Any) -> Thing:
        """A subscription as it is from now on: `status`, `slots`, `start`, `invoice`."""
        wanted = [
            {"price": PRICES.get(tier, OTHER), "quantity": str(number)}
            for tier, number in changes.get("slots", {"starter": 1}).items()
        ]
        form = {
            "customer": "cus_1",
            "items": wanted or [{"price": OTHER, "quantity": "1"}],
            "metadata": {"user_id": str(user_id)},
        }
        made = subscriptions.create(self.books, form)
        self.books.remove(made)
        start = changes.get("start", PERIOD)
        for item in made["items"]["data"]:
            ends = calendars.after(start, MONTHLY, start)
            item |= {"current_period_start": start, "current_period_end": ends}
        made |= {"id": subscription, "billing_cycle_anchor": start}
        made["status"] = changes.get("status", "active")
        invoice = self.books.get("invoice", made["latest_invoice"])
        invoice["status"] = changes.get("invoice", "paid")
        self.books.fetch_events()
        return self.books.add(made)

    def holds(self, subscription: str = "sub_1") -> dict[str, int]:
        """Slots by tier that are paid for now."""
        items = self.books.get("subscription", subscription)["items"]["data"]
        return _by_tier((item["price"]["id"], item["quantity"]) for item in items)

    def will_hold(self, subscription: str = "sub_1") -> dict[str, int] | None:
        """Slots by tier from the period's end on, None when nothing is scheduled."""
        schedule_id = self.books.get("subscription", subscription)["schedule"]
        if schedule_id is None:
            return None
        schedule = self.books.get("subscription_schedule", schedule_id)
        over = schedule["current_phase"]["end_date"]
        for phase in schedule["phases"]:
            if phase["start_date"] == over:
                return _by_tier((item["price"], item["quantity"]) for item in phase["items"])
        return None

    def changes(self) -> list[str]:
        """The paths that were asked to change something."""
        return [asked.path for asked in self.asked if asked.method == "POST"]

    def event(
        self, kind: str, user_id: int, *, number: int, subscription: str = "sub_1"
    ) -> dict[str, Any]:
        """An event about a subscription, in the shape of its kind."""
        named = {"user_id": str(user_id)}
        about: dict[str, Any] = {"customer": "cus_1"}
        if kind == "checkout.session.completed":
            about |= {"client_reference_id": str(user_id), "subscription": subscription}
        elif kind.startswith("customer.subscription."):
            about |= {"id": subscription, "metadata": named}
        else:
            details = {"subscription": subscription, "metadata": named}
            about |= {"id": "in_1", "parent": {"subscription_details": details}}
        return {
            "id": f"evt_{number}",
            "object": "event",
            "type": kind,
            "created": PERIOD + number,
            "data": {"object": about},
        }


def signed(event: Thing, *, secret: str = SECRET, at: int | None = None) -> tuple[bytes, str]:
    """The body of an event and its signature header."""
    return events.signed(event, secret, at=at)


def post_event(event: dict[str, Any]) -> None:
    """Bring an event to the API as Stripe does."""
    body, signature = signed(event)
    answer = Api(None).request("POST", EVENTS, body, {"Stripe-Signature": signature})
    assert (answer.status_code, answer.json_body) == (200, {"received": True})


def _by_tier(quantities: Iterator[tuple[str, int]]) -> dict[str, int]:
    tiers = {price: tier for tier, price in PRICES.items()}
    return {tiers[price]: number for price, number in quantities if number and price in tiers}


@contextmanager
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use while this lasts."""
    with StripeWorld() as world, monkeypatch.context() as environment:
        environment.setenv("STRIPE_API_KEY", "sk_test_made_up")
        environment.setenv("STRIPE_BASE_URL", world.url)
        environment.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
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
    made = world.subscribe(api.user_id, slots=slots)
    start = made["items"]["data"][0]["current_period_start"]
    UserItem(api.user_id, SELF).update(
        actions=[
            UserItem.status.set("active"),
            UserItem.slots.set(slots),
            UserItem.subscription_id.set("sub_1"),
            UserItem.customer_id.set("cus_1"),
            UserItem.period_start.set(datetime.fromtimestamp(start, UTC)),
        ]
    )


def untold(api: Api) -> list[str]:
    """Business actions of which Stripe may not have heard."""
    return list(UserItem.get(api.user_id, SELF, consistent_read=True).untold)
