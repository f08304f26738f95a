"""Subscriptions: made, changed, canceled."""

from __future__ import annotations

from localdev.stripe import invoices, items
from localdev.stripe.books import Books, Thing
from localdev.stripe.forms import Form, required, whole
from localdev.stripe.refusals import Refusal, declined

ENDED = ("canceled", "incomplete_expired")


def create(books: Books, form: Form) -> Thing:
    """`POST /v1/subscriptions`. An unpaid first invoice leaves it incomplete."""
    customer = books.get("customer", required(form, "customer"), "customer")
    behaviour = form.get("payment_behavior", "allow_incomplete")
    is_paid = invoices.pays(books, customer["id"])
    if not is_paid and behaviour == "error_if_incomplete":
        raise declined()
    subscription = _blank(books, customer["id"], form)
    wanted = [{name: each[name] for name in each if name != "id"} for each in form["items"]]
    items.change(books, subscription, wanted, "none")
    subscription["currency"] = subscription["items"]["data"][0]["price"]["currency"]
    books.add(subscription)
    invoice = invoices.bill(books, subscription, "subscription_create")
    subscription["status"] = "active" if invoices.collect(books, invoice) else "incomplete"
    books.tell("customer.subscription.created", subscription)
    return subscription


def _blank(books: Books, customer_id: str, form: Form) -> Thing:
    now = books.now()
    subscription_id = books.new_id("subscription")
    return {
        "id": subscription_id,
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_mode": {"flexible": {}, "type": "flexible"},
        "billing_schedules": [],
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": "usd",
        "customer": customer_id,
        "default_payment_method": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id}",
        },
        "latest_invoice": None,
        "livemode": False,
        "metadata": form.get("metadata", {}),
        "pause_collection": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "incomplete",
        "test_clock": None,
        "trial_end": None,
        "trial_start": None,
    }


def update(books: Books, form: Form, subscription_id: str) -> Thing:
    """`POST /v1/subscriptions/{id}`: items, metadata, cancellation at the period's end."""
    subscription = _open(books, subscription_id)
    wanted = form.get("items")
    if wanted:
        behaviour = form.get("proration_behavior", "create_prorations")
        items.change(books, subscription, wanted, behaviour)
    if "cancel_at_period_end" in form:
        cancel_at_period_end(books, subscription, form["cancel_at_period_end"] == "true")
    subscription["metadata"] |= form.get("metadata", {})
    books.tell("customer.subscription.updated", subscription)
    return subscription


def _open(books: Books, subscription_id: str) -> Thing:
    subscription = books.get("subscription", subscription_id)
    if subscription["status"] in ENDED:
        raise Refusal(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    return subscription


def cancel_at_period_end(books: Books, subscription: Thing, wanted: bool) -> None:
    """Let it end with its period, or go on."""
    if subscription["schedule"]:
        raise Refusal(
            "The subscription is managed by the subscription schedule "
            f"`{subscription['schedule']}`, and changing when it is cancelled is not "
            "allowed. Please update the schedule instead."
        )
    ends = subscription["items"]["data"][0]["current_period_end"]
    subscription |= {
        "cancel_at_period_end": wanted,
        "cancel_at": ends if wanted else None,
        "canceled_at": books.now() if wanted else None,
    }


def cancel(books: Books, form: Form, subscription_id: str) -> Thing:
    """`DELETE /v1/subscriptions/{id}`: it ends at once."""
    subscription = books.get("subscription", subscription_id)
    if subscription["status"] in ENDED:
        raise Refusal(
            f"No such subscription: '{subscription_id}'",
            status=404,
            code="resource_missing",
            param="id",
        )
    if form.get("prorate") == "true":
        for item in subscription["items"]["data"]:
            invoices.prorate(books, subscription, item, 0, item["price"])
    if form.get("invoice_now") == "true":
        invoices.collect(books, invoices.bill(books, subscription, "manual", items=False))
    end(books, subscription)
    return subscription


def end(books: Books, subscription: Thing, status: str = "canceled") -> None:
    """It is over: nothing is billed any more, and its schedule with it."""
    now = books.now()
    if subscription["schedule"]:
        schedule = books.get("subscription_schedule", subscription["schedule"])
        schedule |= {"status": "canceled", "canceled_at": now, "current_phase": None}
        books.tell("subscription_schedule.canceled", schedule)
    subscription |= {"status": status, "canceled_at": now, "ended_at": now, "schedule": None}
    kind = "deleted" if status == "canceled" else "updated"
    books.tell(f"customer.subscription.{kind}", subscription)


def create_item(books: Books, form: Form) -> Thing:
    """`POST /v1/subscription_items`."""
    subscription = _open(books, required(form, "subscription"))
    behaviour = form.get("proration_behavior", "create_prorations")
    items.change(books, subscription, [form], behaviour)
    books.tell("customer.subscription.updated", subscription)
    return dict(subscription["items"]["data"][-1])


def update_item(books: Books, form: Form, item_id: str) -> Thing:
    """`POST /v1/subscription_items/{id}`."""
    subscription = _of_item(books, item_id)
    behaviour = form.get("proration_behavior", "create_prorations")
    items.change(books, subscription, [{**form, "id": item_id}], behaviour)
    books.tell("customer.subscription.updated", subscription)
    return next(each for each in subscription["items"]["data"] if each["id"] == item_id)


def delete_item(books: Books, form: Form, item_id: str) -> Thing:
    """`DELETE /v1/subscription_items/{id}`."""
    subscription = _of_item(books, item_id)
    behaviour = form.get("proration_behavior", "create_prorations")
    items.change(books, subscription, [{"id": item_id, "deleted": "true"}], behaviour)
    books.tell("customer.subscription.updated", subscription)
    return {"id": item_id, "object": "subscription_item", "deleted": True}


def _of_item(books: Books, item_id: str) -> Thing:
    for subscription in books.all("subscription"):
        if any(item["id"] == item_id for item in subscription["items"]["data"]):
            return _open(books, subscription["id"])
    raise Refusal(
        f"No such subscription_item: '{item_id}'", status=404, code="resource_missing", param="id"
    )


def listed(books: Books, form: Form) -> list[Thing]:
    """`GET /v1/subscriptions`: by customer and status, newest first; ended ones only if asked."""
    status, limit = form.get("status"), whole(form.get("limit", 10), "limit")
    found = [
        each
        for each in reversed(books.all("subscription"))
        if form.get("customer") in (None, each["customer"])
        and (status == "all" or each["status"] == status or (not status and not _is_over(each)))
    ]
    return found[:limit]


def _is_over(subscription: Thing) -> bool:
    return subscription["status"] in ENDED
