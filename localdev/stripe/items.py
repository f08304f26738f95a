"""Items of subscriptions: prices with quantities, changed with or without proration."""

from __future__ import annotations

from typing import Any

from localdev.stripe import calendars, invoices
from localdev.stripe.books import Books, Thing
from localdev.stripe.forms import Form, required, whole
from localdev.stripe.refusals import Refusal, missing, unknown_price

MOST = 20
"""Items of one subscription."""
BEHAVIOURS = ("create_prorations", "always_invoice", "none")


def price_of(books: Books, price_id: str, param: str) -> Thing:
    """A recurring price. Raises Refusal."""
    found = books.tables.get("price", {}).get(price_id)
    if found is None:
        raise unknown_price(price_id, param)
    if found["recurring"] is None:
        raise Refusal("The price specified is set to `type=one_time`.", param=param)
    return found


def change(books: Books, subscription: Thing, wanted: list[Form], behaviour: str) -> None:
    """Change items as `items[]` of a request says: all, or nothing and a Refusal."""
    if behaviour not in BEHAVIOURS:
        raise Refusal(f"Invalid proration_behavior: {behaviour}", param="proration_behavior")
    after = [dict(item) for item in subscription["items"]["data"]]
    for index, form in enumerate(wanted):
        _apply(books, subscription, after, form, f"items[{index}]")
    _check(after)
    before = {item["id"]: item for item in subscription["items"]["data"]}
    if behaviour != "none":
        for item in after:
            _prorate(books, subscription, before.get(item["id"]), item)
        kept = {item["id"] for item in after}
        for item in before.values():
            if item["id"] not in kept:
                invoices.prorate(books, subscription, item, 0, item["price"])
    subscription["items"]["data"] = after
    if behaviour == "always_invoice":
        invoices.collect(
            books, invoices.bill(books, subscription, "subscription_update", items=False)
        )


def _apply(books: Books, subscription: Thing, after: list[Thing], form: Form, param: str) -> None:
    if "id" not in form:
        price = price_of(books, required(form, "price"), f"{param}[price]")
        quantity = whole(form.get("quantity", 1), f"{param}[quantity]")
        after.append(make(books, subscription, price, quantity))
        return
    item = next((each for each in after if each["id"] == form["id"]), None)
    if item is None:
        raise missing("subscription_item", form["id"], f"{param}[id]")
    if form.get("deleted") == "true":
        after.remove(item)
        return
    if "price" in form and form["price"] != item["price"]["id"]:
        item["price"] = price_of(books, form["price"], f"{param}[price]")
        item["quantity"] = 1  # what Stripe does when a price changes and no quantity is named
    if "quantity" in form:
        item["quantity"] = whole(form["quantity"], f"{param}[quantity]")


def _check(items: list[Thing]) -> None:
    prices = [item["price"]["id"] for item in items]
    if not items:
        raise Refusal("A subscription must have at least one active plan.")
    if len(items) > MOST:
        raise Refusal("Subscriptions can have up to 20 items.", param="items")
    if len(set(prices)) < len(prices):
        raise Refusal("Cannot add multiple subscription items with the same price.", param="items")
    if any(item["quantity"] < 0 for item in items):
        raise Refusal("This value must be greater than or equal to 0.", param="items[quantity]")


def _prorate(books: Books, subscription: Thing, before: Thing | None, after: Thing) -> None:
    was = before or {**after, "quantity": 0}
    if (was["quantity"], was["price"]["id"]) != (after["quantity"], after["price"]["id"]):
        invoices.prorate(books, subscription, was, after["quantity"], after["price"])


def make(books: Books, subscription: Thing, price: Thing, quantity: int) -> Thing:
    """A new item in the subscription's running period, or in one that begins now."""
    running = subscription["items"]["data"]
    start = running[0]["current_period_start"] if running else books.now()
    ends = calendars.after(start, price["recurring"], subscription["billing_cycle_anchor"])
    return {
        "id": books.new_id("subscription_item"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": books.now(),
        "current_period_end": running[0]["current_period_end"] if running else ends,
        "current_period_start": start,
        "discounts": [],
        "metadata": {},
        "price": price,
        "quantity": quantity,
        "subscription": subscription["id"],
        "tax_rates": [],
    }


def phase_items(items: list[Thing]) -> list[dict[str, Any]]:
    """Items as the phase of a schedule has them."""
    return [
        {
            "billing_thresholds": None,
            "discounts": [],
            "metadata": {},
            "price": item["price"]["id"],
            "quantity": item["quantity"],
            "tax_rates": [],
        }
        for item in items
    ]


def put_on(books: Books, subscription: Thing, phase: Thing, behaviour: str) -> None:
    """Let the subscription have exactly the items of a phase."""
    known = {item["price"]["id"]: item["id"] for item in subscription["items"]["data"]}
    wanted: list[Form] = []
    for item in phase["items"]:
        named = known.pop(item["price"], None)
        place = {"id": named} if named else {"price": item["price"]}
        wanted.append({**place, "quantity": item["quantity"]})
    wanted += [{"id": item_id, "deleted": "true"} for item_id in known.values()]
    change(books, subscription, wanted, behaviour)
