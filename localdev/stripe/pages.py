"""Stripe's own pages: checkout and portal sessions, and what people do there."""

from __future__ import annotations

from localdev.stripe import catalogue, invoices, items, schedules, subscriptions
from localdev.stripe.books import Books, Thing
from localdev.stripe.forms import Form, required, whole
from localdev.stripe.refusals import Refusal, declined

OPEN_SECONDS = 86_400
"""How long a checkout page can be used."""


def open_checkout(books: Books, form: Form) -> Thing:
    """`POST /v1/checkout/sessions` in mode `subscription`."""
    if required(form, "mode") != "subscription":
        raise Refusal("Only mode subscription is known here.", param="mode")
    if "customer" in form:
        books.get("customer", form["customer"], "customer")
    total = 0
    for index, line in enumerate(required(form, "line_items")):
        param = f"line_items[{index}]"
        price = items.price_of(books, required(line, "price"), f"{param}[price]")
        total += price["unit_amount"] * whole(required(line, "quantity"), f"{param}[quantity]")
    session_id = books.new_id("checkout.session")
    session = _session(books, form, session_id, total)
    books.tables.setdefault("wishes", {})[session_id] = {
        "line_items": form["line_items"],
        "metadata": form.get("subscription_data", {}).get("metadata", {}),
    }
    return books.add(session)


def _session(books: Books, form: Form, session_id: str, total: int) -> Thing:
    now = books.now()
    return {
        "id": session_id,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": form.get("cancel_url"),
        "client_reference_id": form.get("client_reference_id"),
        "created": now,
        "currency": "usd",
        "custom_fields": [],
        "custom_text": {},
        "customer": form.get("customer"),
        "customer_email": form.get("customer_email"),
        "expires_at": now + OPEN_SECONDS,
        "invoice": None,
        "livemode": False,
        "metadata": form.get("metadata", {}),
        "mode": "subscription",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "subscription": None,
        "success_url": form.get("success_url"),
        "url": f"{books.address}/checkout/{session_id}",
    }


def complete(books: Books, session_id: str) -> Thing:
    """The person on the page pays. A card that is declined leaves the page open."""
    session = books.get("checkout.session", session_id)
    if session["status"] != "open":
        raise Refusal(f"This Checkout Session is {session['status']}.")
    customer_id = session["customer"]
    if customer_id is None:
        form = {"email": session["customer_email"]}
        card = books.cards.pop(session_id, "ok")
        if card != "ok":
            raise declined()
        customer_id = catalogue.create_customer(books, form)["id"]
    if not invoices.pays(books, customer_id):
        raise declined()
    wish = books.tables["wishes"][session_id]
    made = subscriptions.create(
        books,
        {"customer": customer_id, "items": wish["line_items"], "metadata": wish["metadata"]},
    )
    session |= {
        "status": "complete",
        "payment_status": "paid",
        "customer": customer_id,
        "subscription": made["id"],
        "invoice": made["latest_invoice"],
        "url": None,
    }
    books.tell("checkout.session.completed", session)
    return session


def expire(books: Books, _: Form, session_id: str) -> Thing:
    """`POST /v1/checkout/sessions/{id}/expire`; the clock does the same after a day."""
    session = books.get("checkout.session", session_id)
    if session["status"] != "open":
        raise Refusal(f"Only open sessions can be expired; this one is {session['status']}.")
    session |= {"status": "expired", "url": None}
    books.tell("checkout.session.expired", session)
    return session


def open_portal(books: Books, form: Form) -> Thing:
    """`POST /v1/billing_portal/sessions`."""
    customer = books.get("customer", required(form, "customer"), "customer")
    session_id = books.new_id("billing_portal.session")
    return books.add(
        {
            "id": session_id,
            "object": "billing_portal.session",
            "configuration": "bpc_000001",
            "created": books.now(),
            "customer": customer["id"],
            "flow": None,
            "livemode": False,
            "locale": None,
            "on_behalf_of": None,
            "return_url": form.get("return_url"),
            "url": f"{books.address}/portal/{session_id}",
        }
    )


def cancel_in_portal(books: Books, subscription_id: str, *, at_once: bool = False) -> Thing:
    """The person in the portal ends the subscription; a schedule lets go of it first."""
    subscription = books.get("subscription", subscription_id)
    if at_once:
        return subscriptions.cancel(books, {}, subscription_id)
    if subscription["schedule"]:
        schedules.let_go(books, books.get("subscription_schedule", subscription["schedule"]))
    return subscriptions.update(books, {"cancel_at_period_end": "true"}, subscription_id)


def resume_in_portal(books: Books, subscription_id: str) -> Thing:
    """The person in the portal takes the cancellation back."""
    return subscriptions.update(books, {"cancel_at_period_end": "false"}, subscription_id)
