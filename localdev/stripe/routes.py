"""The paths of Stripe's API that are known here, and the parameters that each takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localdev.stripe import catalogue, invoices, pages, schedules, subscriptions
from localdev.stripe.books import Books, Thing
from localdev.stripe.forms import Form, refuse_unknown, whole
from localdev.stripe.refusals import Refusal

Handler = Callable[..., Thing]
_PRORATING = "proration_behavior proration_date payment_behavior"
_EXPANDABLE = {
    "latest_invoice": "invoice",
    "schedule": "subscription_schedule",
    "customer": "customer",
    "subscription": "subscription",
}


@dataclass(frozen=True)
class Route:
    """One operation; a `*` in its path is an id that the handler takes."""

    method: str
    path: str
    handler: Handler
    parameters: frozenset[str]

    def match(self, method: str, path: str) -> list[str] | None:
        """The ids of a path that is this route's; None for another."""
        pattern = re.escape(f"{self.method} /v1/{self.path}").replace(r"\*", r"([^/]+)")
        found = re.fullmatch(pattern, f"{method} {path}")
        return list(found.groups()) if found else None


def _route(method: str, path: str, handler: Handler, parameters: str = "") -> Route:
    return Route(method, path, handler, frozenset([*parameters.split(), "expand"]))


def _reader(kind: str) -> Handler:
    return lambda books, _form, thing_id: books.get(kind, thing_id)


def _lister(kind: str, by: str) -> Handler:
    def found(books: Books, form: Form) -> Thing:
        kept = [each for each in reversed(books.all(kind)) if form.get(by) in (None, each[by])]
        return _page(kept[: whole(form.get("limit", 10), "limit")], kind)

    return found


def _page(things: list[Thing], kind: str) -> Thing:
    return {"object": "list", "data": things, "has_more": False, "url": f"/v1/{kind}s"}


def _subscriptions(books: Books, form: Form) -> Thing:
    return _page(subscriptions.listed(books, form), "subscription")


ROUTES = (
    _route("POST", "customers", catalogue.create_customer, "email name description metadata"),
    _route("GET", "customers", _lister("customer", "email"), "email limit"),
    _route("GET", "customers/*", _reader("customer")),
    _route("POST", "customers/*", catalogue.update_customer, "email name description metadata"),
    _route("POST", "products", catalogue.create_product, "id name description metadata"),
    _route("GET", "products/*", _reader("product")),
    _route(
        "POST",
        "prices",
        catalogue.create_price,
        "product currency unit_amount recurring nickname lookup_key metadata",
    ),
    _route("GET", "prices", _lister("price", "product"), "product limit"),
    _route("GET", "prices/*", _reader("price")),
    _route("POST", "subscriptions", subscriptions.create, f"customer items metadata {_PRORATING}"),
    _route("GET", "subscriptions", _subscriptions, "customer status limit"),
    _route("GET", "subscriptions/*", _reader("subscription")),
    _route(
        "POST",
        "subscriptions/*",
        subscriptions.update,
        f"items metadata cancel_at_period_end {_PRORATING}",
    ),
    _route("DELETE", "subscriptions/*", subscriptions.cancel, "invoice_now prorate"),
    _route(
        "POST",
        "subscription_items",
        subscriptions.create_item,
        f"subscription price quantity {_PRORATING}",
    ),
    _route(
        "POST",
        "subscription_items/*",
        subscriptions.update_item,
        f"price quantity metadata {_PRORATING}",
    ),
    _route("DELETE", "subscription_items/*", subscriptions.delete_item, _PRORATING),
    _route("POST", "subscription_schedules", schedules.create, "from_subscription"),
    _route("GET", "subscription_schedules/*", _reader("subscription_schedule")),
    _route(
        "POST",
        "subscription_schedules/*",
        schedules.update,
        "phases end_behavior proration_behavior metadata",
    ),
    _route("POST", "subscription_schedules/*/release", schedules.release, "preserve_cancel_date"),
    _route("POST", "subscription_schedules/*/cancel", schedules.cancel, "invoice_now prorate"),
    _route("GET", "invoices", _lister("invoice", "customer"), "customer limit"),
    _route("GET", "invoices/*", _reader("invoice")),
    _route("POST", "invoices/*/pay", invoices.pay),
    _route("GET", "invoiceitems", _lister("invoiceitem", "customer"), "customer limit"),
    _route("GET", "events/*", _reader("event")),
    _route(
        "POST",
        "checkout/sessions",
        pages.open_checkout,
        "mode line_items customer customer_email client_reference_id subscription_data"
        " success_url cancel_url metadata",
    ),
    _route("GET", "checkout/sessions/*", _reader("checkout.session")),
    _route("POST", "checkout/sessions/*/expire", pages.expire),
    _route("POST", "billing_portal/sessions", pages.open_portal, "customer return_url"),
)


def call(books: Books, method: str, path: str, form: Form) -> dict[str, Any]:
    """Do what a request asks. Raises Refusal."""
    for route in ROUTES:
        ids = route.match(method, path)
        if ids is not None:
            refuse_unknown(form, route.parameters)
            expand = form.pop("expand", [])
            return _expanded(books, route.handler(books, form, *ids), expand)
    raise Refusal(f"Unrecognized request URL ({method}: {path}).", status=404)


def _expanded(books: Books, thing: Thing, names: list[str]) -> Thing:
    found = dict(thing)
    for name in names:
        if name not in _EXPANDABLE or name not in thing:
            raise Refusal(f"This property cannot be expanded ({name}).", param="expand")
        if thing[name] is not None:
            found[name] = books.get(_EXPANDABLE[name], thing[name])
    return found
