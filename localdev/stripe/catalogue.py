"""Customers, products and prices."""

from __future__ import annotations

from localdev.stripe.books import Books, Thing
from localdev.stripe.forms import Form, required, whole
from localdev.stripe.refusals import Refusal


def create_customer(books: Books, form: Form) -> Thing:
    customer: Thing = {
        "id": books.new_id("customer"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": books.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": form.get("description"),
        "email": form.get("email"),
        "invoice_prefix": None,
        "livemode": False,
        "metadata": form.get("metadata", {}),
        "name": form.get("name"),
        "phone": None,
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    books.add(customer)
    books.tell("customer.created", customer)
    return customer


def update_customer(books: Books, form: Form, customer_id: str) -> Thing:
    customer = books.get("customer", customer_id)
    customer |= {name: value for name, value in form.items() if name != "metadata"}
    customer["metadata"] |= form.get("metadata", {})
    books.tell("customer.updated", customer)
    return customer


def create_product(books: Books, form: Form) -> Thing:
    product_id = form.get("id") or books.new_id("product")
    now = books.now()
    product: Thing = {
        "id": product_id,
        "object": "product",
        "active": True,
        "created": now,
        "default_price": None,
        "description": form.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": form.get("metadata", {}),
        "name": required(form, "name"),
        "type": "service",
        "unit_label": None,
        "updated": now,
        "url": None,
    }
    return books.add(product)


def create_price(books: Books, form: Form) -> Thing:
    return books.add(make_price(books, form, books.new_id("price")))


def make_price(books: Books, form: Form, price_id: str) -> Thing:
    """A price per unit; with `recurring` one for subscriptions."""
    product = books.get("product", required(form, "product"), "product")
    recurring = form.get("recurring")
    if recurring and recurring.get("interval") not in ("day", "week", "month", "year"):
        raise Refusal("Invalid recurring[interval]", param="recurring[interval]")
    amount = whole(required(form, "unit_amount"), "unit_amount")
    return {
        "id": price_id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": books.now(),
        "currency": required(form, "currency"),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": form.get("lookup_key"),
        "metadata": form.get("metadata", {}),
        "nickname": form.get("nickname"),
        "product": product["id"],
        "recurring": _recurring(recurring) if recurring else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def _recurring(form: Form) -> Thing:
    return {
        "interval": form["interval"],
        "interval_count": whole(form.get("interval_count", 1), "recurring[interval_count]"),
        "meter": None,
        "usage_type": "licensed",
    }
