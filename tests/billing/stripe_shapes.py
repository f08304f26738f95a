"""The objects of Stripe's library as shapes that an answer on the wire can be held against."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import stripe

SHAPES: dict[str, Any] = {
    "customer": stripe.Customer,
    "product": stripe.Product,
    "price": stripe.Price,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "subscription_schedule": stripe.SubscriptionSchedule,
    "invoice": stripe.Invoice,
    "invoiceitem": stripe.InvoiceItem,
    "checkout.session": stripe.checkout.Session,
    "billing_portal.session": stripe.billing_portal.Session,
    "event": stripe.Event,
}
ABSENT = {
    "subscription_item": {"plan"},  # the legacy twin of `price`, which nothing of ours reads
    "invoice": {"confirmation_secret"},
}


def _accepts(annotation: Any, value: Any) -> bool:
    """Whether a value on the wire is one of an annotation of the library."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union:
        return any(_accepts(each, value) for each in inner)
    if origin is typing.Literal:
        return value in inner
    if origin is list:
        return isinstance(value, list) and all(_accepts(inner[0], each) for each in value)
    wire = {Decimal: str}.get(annotation, annotation)  # Stripe sends decimals as text
    is_plain = wire in (int, str, bool, float, type(None))
    return type(value) is wire if is_plain else isinstance(value, dict)


def unlike(thing: dict[str, Any], shape: Any) -> Iterator[str]:
    """What of an object is not as the library has it: names, types, and what must be there."""
    fields = {name: of for name, of in shape.__annotations__.items() if name != "OBJECT_NAME"}
    for name, value in thing.items():
        if name not in fields:
            yield f"{thing['object']}.{name} is unknown"
        elif not _accepts(fields[name], value):
            yield f"{thing['object']}.{name} = {value!r} is no {fields[name]}"
    for name, annotation in fields.items():
        is_optional = type(None) in typing.get_args(annotation)
        if not is_optional and name not in {*thing, *ABSENT.get(thing["object"], ())}:
            yield f"{thing['object']}.{name} is missing"
