"""The fake Stripe, driven by Stripe's own library: its shapes, its rules and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
import time_machine

from localdev.stripe import clockwork, events, pages
from localdev.stripe.books import Books
from localdev.stripe.faults import Fault
from localdev.stripe.server import Server
from localdev.stripe.service import Service
from localdev.stripe.shop import OTHER, PRICES, stock
from tests.billing.stripe_shapes import SHAPES, unlike

PRO, STARTER = PRICES["pro"], PRICES["starter"]
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Fake(Server):
    """The fake with a client of Stripe's library on it."""

    def __init__(self) -> None:
        super().__init__(Service(stock(Books())))
        self.books = self.service.books
        self.v1 = self.client().v1

    def client(self, key: str = "sk_test_x") -> stripe.StripeClient:
        return stripe.StripeClient(key, base_addresses={"api": self.url}, max_network_retries=0)

    def subscribe(self, **items: int) -> stripe.Subscription:
        customer = self.v1.customers.create({"email": "a@b.example"})
        wanted = [{"price": PRICES[tier], "quantity": n} for tier, n in items.items()]
        params: Any = {"customer": customer.id, "items": wanted, "metadata": {"user_id": "5"}}
        return self.v1.subscriptions.create(params)

    def pass_time(self, *, to: int) -> None:
        clockwork.advance(self.books, to - self.books.now())

    def told(self) -> list[str]:
        return [event["type"] for event in self.books.fetch_events()]


@pytest.fixture
def fake() -> Iterator[Fake]:
    with time_machine.travel(START, tick=True), Fake() as found:
        yield found


def _quantities(subscription: stripe.Subscription) -> dict[str, int | None]:
    return {item.price.id: item.quantity for item in subscription.items.data}


def _ends(subscription: stripe.Subscription) -> int:
    return max(item.current_period_end for item in subscription.items.data)


def _schedule(fake: Fake, made: stripe.Subscription, **later: int) -> str:
    schedules = fake.v1.subscription_schedules
    schedule = schedules.create({"from_subscription": made.id})
    assert schedule.current_phase is not None
    now: Any = [{"price": i.price.id, "quantity": i.quantity} for i in made.items.data]
    then: Any = [{"price": PRICES[tier], "quantity": n} for tier, n in later.items()]
    start, end = schedule.current_phase.start_date, schedule.current_phase.end_date
    phases: Any = [
        {"items": now, "start_date": start, "end_date": end},
        {"items": then, "duration": {"interval": "month"}, "proration_behavior": "none"},
    ]
    schedules.update(schedule.id, {"phases": phases, "end_behavior": "release"})
    return schedule.id


def test_its_objects_are_those_of_the_library(fake: Fake) -> None:
    made = fake.subscribe(pro=2)
    fake.v1.subscriptions.update(made.id, {"items": [{"id": made.items.data[0].id, "quantity": 3}]})
    _schedule(fake, fake.v1.subscriptions.retrieve(made.id), starter=1)
    fake.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "line_items": [{"price": PRO, "quantity": 1}],
            "success_url": "https://x.example",
            "customer_email": "a@b.example",
        }
    )
    fake.v1.billing_portal.sessions.create({"customer": str(made.customer)})
    fake.pass_time(to=_ends(made))
    things = [thing for kind in SHAPES for thing in fake.books.all(kind)]
    things += fake.books.all("subscription")[0]["items"]["data"]
    assert {thing["object"] for thing in things} == SHAPES.keys()
    assert [each for thing in things for each in unlike(thing, SHAPES[thing["object"]])] == []


def test_several_items_and_prorations(fake: Fake) -> None:
    made = fake.subscribe(pro=2, starter=1)
    assert (made.status, _quantities(made)) == ("active", {PRO: 2, STARTER: 1})
    fake.pass_time(to=(made.start_date + _ends(made)) // 2)
    changed = fake.v1.subscriptions.update(
        made.id, {"items": [{"id": made.items.data[0].id, "quantity": 1}]}
    )
    assert _quantities(changed) == {PRO: 1, STARTER: 1}
    lines = fake.v1.invoice_items.list({"customer": str(made.customer)}).data
    assert [(line.proration, line.amount) for line in lines] == [(True, 4950), (True, -9900)]
    fake.pass_time(to=_ends(made))
    renewed = fake.v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    assert not isinstance(renewed.latest_invoice, str | None)
    assert renewed.latest_invoice.total == 9900 + 1900 - 4950
    assert renewed.latest_invoice.status == "paid"


def test_a_price_that_changes_alone_sets_the_quantity_to_one(fake: Fake) -> None:
    made = fake.subscribe(pro=4)
    item = fake.v1.subscription_items.update(made.items.data[0].id, {"price": STARTER})
    assert (item.price.id, item.quantity) == (STARTER, 1)
    added = fake.v1.subscription_items.create({"subscription": made.id, "price": OTHER})
    fake.v1.subscription_items.delete(added.id)
    assert _quantities(fake.v1.subscriptions.retrieve(made.id)) == {STARTER: 1}


def test_the_day_of_the_month_is_held_on_to(fake: Fake) -> None:
    made = fake.subscribe(pro=1)
    ends = []
    for _ in range(3):
        ends.append(_ends(fake.v1.subscriptions.retrieve(made.id)))
        fake.pass_time(to=ends[-1])
    days = [datetime.fromtimestamp(each, UTC).day for each in ends]
    assert days == [28, 31, 30]


def test_a_schedule_takes_over_and_lets_go(fake: Fake) -> None:
    made = fake.subscribe(pro=2)
    _schedule(fake, made, pro=1, starter=1)
    assert _quantities(fake.v1.subscriptions.retrieve(made.id)) == {PRO: 2}
    with pytest.raises(stripe.InvalidRequestError, match="already attached"):
        fake.v1.subscription_schedules.create({"from_subscription": made.id})
    fake.pass_time(to=_ends(made))
    changed = fake.v1.subscriptions.retrieve(made.id)
    assert _quantities(changed) == {PRO: 1, STARTER: 1}
    assert changed.schedule is not None
    assert fake.v1.invoice_items.list({"customer": str(made.customer)}).data == []
    fake.pass_time(to=_ends(changed))
    assert fake.v1.subscriptions.retrieve(made.id).schedule is None
    assert "subscription_schedule.released" in fake.told()


def test_a_schedule_is_released(fake: Fake) -> None:
    made = fake.subscribe(pro=2)
    schedule_id = _schedule(fake, made, starter=1)
    fake.v1.subscription_schedules.release(schedule_id)
    fake.pass_time(to=_ends(made))
    assert _quantities(fake.v1.subscriptions.retrieve(made.id)) == {PRO: 2}
    with pytest.raises(stripe.InvalidRequestError, match="released"):
        fake.v1.subscription_schedules.release(schedule_id)


def test_a_declined_card(fake: Fake) -> None:
    made = fake.subscribe(pro=1)
    fake.books.cards[str(made.customer)] = "declined"
    fake.told()
    fake.pass_time(to=_ends(made))
    assert fake.v1.subscriptions.retrieve(made.id).status == "past_due"
    assert "invoice.payment_failed" in fake.told()
    invoice_id = fake.books.all("invoice")[-1]["id"]
    with pytest.raises(stripe.CardError, match="declined"):
        fake.v1.invoices.pay(invoice_id)
    fake.books.cards[str(made.customer)] = "ok"
    assert fake.v1.invoices.pay(invoice_id).status == "paid"
    assert fake.v1.subscriptions.retrieve(made.id).status == "active"


def test_who_never_pays_lapses(fake: Fake) -> None:
    made = fake.subscribe(pro=1)
    fake.books.cards[str(made.customer)] = "declined"
    fake.pass_time(to=_ends(made) + 14 * 86_400)
    assert fake.v1.subscriptions.retrieve(made.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        fake.v1.subscriptions.update(made.id, {"items": [{"price": STARTER}]})


def test_checkout_and_portal(fake: Fake) -> None:
    wanted: Any = {
        "mode": "subscription",
        "line_items": [{"price": PRO, "quantity": 2}],
        "client_reference_id": "5",
        "success_url": "https://x.example",
        "subscription_data": {"metadata": {"user_id": "5"}},
    }
    session, late = (fake.v1.checkout.sessions.create(wanted) for _ in range(2))
    done = pages.complete(fake.books, session.id)
    made = fake.v1.subscriptions.retrieve(done["subscription"])
    assert (_quantities(made), made.metadata["user_id"]) == ({PRO: 2}, "5")
    assert fake.told()[-1] == "checkout.session.completed"
    portal = fake.v1.billing_portal.sessions.create({"customer": str(made.customer)})
    assert portal.url.startswith(fake.url)
    fake.pass_time(to=late.expires_at)
    assert fake.v1.checkout.sessions.retrieve(late.id).status == "expired"
    pages.cancel_in_portal(fake.books, made.id)
    fake.pass_time(to=_ends(made))
    assert fake.v1.subscriptions.retrieve(made.id).status == "canceled"
    assert fake.told()[-1] == "customer.subscription.deleted"


def test_idempotency_keys(fake: Fake) -> None:
    first = fake.v1.customers.create({"email": "a@b.example"}, {"idempotency_key": "k"})
    again = fake.v1.customers.create({"email": "a@b.example"}, {"idempotency_key": "k"})
    assert first.id == again.id
    with pytest.raises(stripe.IdempotencyError):
        fake.v1.customers.create({"email": "c@d.example"}, {"idempotency_key": "k"})


@pytest.mark.parametrize(
    ("kind", "is_done", "is_replayed"),
    [
        ("refuse", False, False),
        ("fail", False, True),
        ("fail_after", True, True),
        ("drop", False, False),
        ("drop_after", True, False),
    ],
)
def test_faults(fake: Fake, kind: Any, is_done: bool, is_replayed: bool) -> None:
    fake.service.faults.waiting.append(Fault("POST .*customers", kind, times=1))
    with pytest.raises((stripe.APIError, stripe.APIConnectionError)):
        fake.v1.customers.create({"email": "a@b.example"}, {"idempotency_key": "k"})
    assert bool(fake.books.all("customer")) == is_done
    if is_replayed:
        with pytest.raises(stripe.APIError):
            fake.v1.customers.create({"email": "a@b.example"}, {"idempotency_key": "k"})
    else:
        fake.v1.customers.create({"email": "a@b.example"}, {"idempotency_key": "k"})
        assert len(fake.books.all("customer")) == 1


def test_what_it_refuses(fake: Fake) -> None:
    made = fake.subscribe(pro=1)
    subscriptions = fake.v1.subscriptions
    with pytest.raises(stripe.InvalidRequestError, match="No such price") as refused:
        subscriptions.update(made.id, {"items": [{"price": "price_x", "quantity": 1}]})
    assert refused.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        subscriptions.update(made.id, {"colour": "red"})  # type: ignore[typeddict-unknown-key]
    with pytest.raises(stripe.InvalidRequestError, match="same price"):
        subscriptions.update(made.id, {"items": [{"price": PRO}]})
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        subscriptions.retrieve("sub_x")
    with pytest.raises(stripe.AuthenticationError):
        fake.client("pk_x").v1.subscriptions.retrieve(made.id)


def test_its_events_are_signed_as_the_library_checks_them(fake: Fake) -> None:
    fake.subscribe(pro=1)
    for event in fake.books.fetch_events():
        body, signature = events.signed(event, "whsec_x")
        found = stripe.Webhook.construct_event(body, signature, "whsec_x")
        assert found.type == event["type"]
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signature, "whsec_y")


def test_state_outlives_a_restart(fake: Fake, tmp_path: Any) -> None:
    made = fake.subscribe(pro=1)
    fake.books.save(tmp_path / "stripe.json")
    assert Books.load(tmp_path / "stripe.json") == fake.books
    assert Books.load(tmp_path / "stripe.json").get("subscription", made.id)["status"] == "active"
