"""Doors that Stripe does not have: its clock, cards, faults, and what people do on its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from localdev.stripe import clockwork, pages
from localdev.stripe.books import Books
from localdev.stripe.faults import Fault
from localdev.stripe.refusals import Refusal

if TYPE_CHECKING:
    from localdev.stripe.service import Request, Service

Body = dict[str, Any]


def answer(service: Service, request: Request) -> tuple[int, Any]:
    """`POST /_control/NAME` with a JSON object; `GET /_control/state` shows what there is."""
    name = request.path.removeprefix("/_control/")
    try:
        body = json.loads(request.body or b"{}")
        if request.method == "POST" and name in _DOORS:
            return 200, _DOORS[name](service, body)
        if (request.method, name) == ("GET", "state"):
            return 200, _state(service.books)
    except Refusal as refusal:
        return refusal.status, refusal.body
    except (KeyError, TypeError, ValueError) as fault:
        return 400, {"error": f"{type(fault).__name__}: {fault}"}
    return 404, {"error": f"no such door; there are {', '.join(sorted(_DOORS))} and state"}


def quantities(books: Books, subscription_id: str) -> dict[str, int]:
    """What a subscription holds: a quantity by price."""
    items = books.get("subscription", subscription_id)["items"]["data"]
    return {item["price"]["id"]: item["quantity"] for item in items}


def _state(books: Books) -> Body:
    return {
        "now": books.now(),
        "subscriptions": [
            {name: each[name] for name in ("id", "customer", "status", "schedule", "metadata")}
            | {"quantities": quantities(books, each["id"])}
            for each in books.all("subscription")
        ],
        "undelivered": len(books.undelivered),
    }


def _advance(service: Service, body: Body) -> Body:
    """`{"seconds": n}`, or `{"periodEndOf": subscription}`."""
    books = service.books
    if "periodEndOf" in body:
        items = books.get("subscription", body["periodEndOf"])["items"]["data"]
        seconds = items[0]["current_period_end"] - books.now()
    else:
        seconds = int(body["seconds"])
    clockwork.advance(books, max(0, seconds))
    return {"now": books.now()}


def _card(service: Service, body: Body) -> Body:
    """`{"of": customer or checkout session, "card": "ok" | "declined"}`."""
    if body["card"] not in ("ok", "declined"):
        raise ValueError("card is ok or declined")
    service.books.cards[body["of"]] = body["card"]
    return body


def _fault(service: Service, body: Body) -> Body:
    """The fields of `faults.Fault`; `{"clear": true}` takes all back."""
    if body.get("clear"):
        service.faults.waiting.clear()
        return {"waiting": []}
    service.faults.waiting.append(Fault(**body))
    return {"waiting": [asdict(each) for each in service.faults.waiting]}


def _complete(service: Service, body: Body) -> Body:
    return pages.complete(service.books, body["session"])


def _cancel(service: Service, body: Body) -> Body:
    at_once = body.get("atOnce") is True
    return pages.cancel_in_portal(service.books, body["subscription"], at_once=at_once)


def _resume(service: Service, body: Body) -> Body:
    return pages.resume_in_portal(service.books, body["subscription"])


_DOORS: dict[str, Callable[[Service, Body], Body]] = {
    "advance": _advance,
    "card": _card,
    "fault": _fault,
    "complete": _complete,
    "cancel": _cancel,
    "resume": _resume,
}
