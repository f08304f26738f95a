"""Invoices: prorations wait as invoice items, a renewal bills them, a card pays or does not."""

from __future__ import annotations

from typing import Any

from localdev.stripe.books import Books, Thing
from localdev.stripe.forms import Form
from localdev.stripe.refusals import Refusal, declined

RETRY_SECONDS = 3 * 86_400
"""Between two attempts to collect a renewal."""
ATTEMPTS = 4
"""After so many a subscription is canceled, as Stripe does it unless told otherwise."""


def pays(books: Books, customer_id: str) -> bool:
    """Whether the customer's card is good."""
    return books.cards.get(customer_id, "ok") == "ok"


def prorate(books: Books, subscription: Thing, item: Thing, quantity: int, price: Thing) -> None:
    """Note what the rest of the period costs more or less after a change of an item."""
    start, end = item["current_period_start"], item["current_period_end"]
    now = min(max(books.now(), start), end)
    left = (end - now) / (end - start)
    before = item["quantity"] * item["price"]["unit_amount"]
    after = quantity * price["unit_amount"]
    for amount, number, what in (
        (-round(before * left), item["quantity"], f"Unused time on {item['price']['id']}"),
        (round(after * left), quantity, f"Remaining time on {price['id']}"),
    ):
        if number:
            _add_item(books, subscription, amount, number, (what, now, end))


def _add_item(
    books: Books, subscription: Thing, amount: int, quantity: int, about: tuple[str, int, int]
) -> None:
    description, start, end = about
    books.add(
        {
            "id": books.new_id("invoiceitem"),
            "object": "invoiceitem",
            "amount": amount,
            "currency": subscription["currency"],
            "customer": subscription["customer"],
            "date": books.now(),
            "description": description,
            "discountable": False,
            "discounts": [],
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": subscription["id"]},
            },
            "period": {"start": start, "end": end},
            "proration": True,
            "quantity": quantity,
            "quantity_decimal": str(quantity),
            "tax_rates": [],
            "test_clock": None,
        }
    )


def bill(books: Books, subscription: Thing, reason: str, *, items: bool = True) -> Thing:
    """An invoice over what waits, and over the coming period where `items` says so."""
    waiting = [
        each
        for each in books.all("invoiceitem")
        if each["invoice"] is None and _subscription_of(each) == subscription["id"]
    ]
    lines = [
        _line(books, each["amount"], each["quantity"], each["description"]) for each in waiting
    ]
    if items:
        lines += [
            _line(
                books,
                item["quantity"] * item["price"]["unit_amount"],
                item["quantity"],
                f"{item['quantity']} × {item['price']['id']}",
            )
            for item in subscription["items"]["data"]
        ]
    invoice = _draft(books, subscription, lines, reason)
    for each in waiting:
        each["invoice"] = invoice["id"]
    subscription["latest_invoice"] = invoice["id"]
    books.add(invoice)
    books.tell("invoice.created", invoice)
    return invoice


def _subscription_of(invoice_item: Thing) -> Any:
    return invoice_item["parent"]["subscription_details"]["subscription"]


def _line(books: Books, amount: int, quantity: int, description: str) -> Thing:
    return {
        "id": books.new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": "usd",
        "description": description,
        "livemode": False,
        "metadata": {},
        "quantity": quantity,
    }


def _draft(books: Books, subscription: Thing, lines: list[Thing], reason: str) -> Thing:
    total = sum(line["amount"] for line in lines)
    invoice_id, now = books.new_id("invoice"), books.now()
    first = subscription["items"]["data"][0]
    return {
        "id": invoice_id,
        "object": "invoice",
        "amount_due": max(0, total),
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": max(0, total),
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": _list(lines, f"/v1/invoices/{invoice_id}/lines"),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "payment_settings": {},
        "period_end": first["current_period_end"],
        "period_start": first["current_period_start"],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "open",
        "status_transitions": {"finalized_at": now, "paid_at": None},
        "subtotal": total,
        "total": total,
    }


def _list(things: list[Thing], url: str) -> Thing:
    return {"object": "list", "data": things, "has_more": False, "url": url}


def collect(books: Books, invoice: Thing) -> bool:
    """Try to collect an open invoice. True when it is paid then."""
    invoice["attempted"] = True
    invoice["attempt_count"] += 1
    if invoice["amount_due"] and not pays(books, invoice["customer"]):
        invoice["next_payment_attempt"] = books.now() + RETRY_SECONDS
        if invoice["attempt_count"] >= ATTEMPTS:
            invoice["next_payment_attempt"] = None
        books.tell("invoice.payment_failed", invoice)
        return False
    invoice |= {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "next_payment_attempt": None,
    }
    invoice["status_transitions"]["paid_at"] = books.now()
    books.tell("invoice.paid", invoice)
    return True


def pay(books: Books, _: Form, invoice_id: str) -> Thing:
    """`POST /v1/invoices/{id}/pay`: a customer who pays by hand."""
    invoice = books.get("invoice", invoice_id)
    if invoice["status"] == "paid":
        raise Refusal("Invoice is already paid", code="invoice_already_paid")
    if not collect(books, invoice):
        raise declined()
    subscription = books.get(
        "subscription", invoice["parent"]["subscription_details"]["subscription"]
    )
    if subscription["status"] in ("past_due", "unpaid", "incomplete"):
        subscription["status"] = "active"
        books.tell("customer.subscription.updated", subscription)
    return invoice
