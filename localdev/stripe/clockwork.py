"""What happens by itself as time passes: periods end, phases begin, invoices are tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from localdev.stripe import calendars, invoices, pages, schedules, subscriptions
from localdev.stripe.books import Books, Thing

INCOMPLETE_SECONDS = 23 * 3600
"""After which a subscription whose first invoice nobody paid expires."""

_Due = tuple[int, int, Callable[[], None]]


def catch_up(books: Books) -> None:
    """Do everything that is due by now, in the order in which it was due."""
    while True:
        due = min(_due(books), key=lambda each: each[:2], default=None)
        if due is None or due[0] > books.now():
            return
        with books.at(due[0]):
            due[2]()


def advance(books: Books, seconds: int) -> None:
    """Let so much time pass."""
    books.offset += seconds
    catch_up(books)


def _due(books: Books) -> Iterator[_Due]:
    """When something happens next, with what comes first at the same instant first."""
    for session in books.all("checkout.session"):
        if session["status"] == "open":
            yield session["expires_at"], 0, partial(_expire, books, session)
    for invoice in books.all("invoice"):
        if invoice["status"] == "open" and invoice["next_payment_attempt"]:
            yield invoice["next_payment_attempt"], 1, partial(_try_again, books, invoice)
    for each in books.all("subscription"):
        if each["status"] == "incomplete":
            due = each["created"] + INCOMPLETE_SECONDS
            yield due, 2, partial(_give_up, books, each)
        elif each["status"] not in subscriptions.ENDED:
            due = each["items"]["data"][0]["current_period_end"]
            yield due, 3, partial(_renew, books, each)


def _expire(books: Books, session: Thing) -> None:
    pages.expire(books, {}, session["id"])


def _give_up(books: Books, subscription: Thing) -> None:
    subscriptions.end(books, subscription, "incomplete_expired")


def _renew(books: Books, subscription: Thing) -> None:
    if subscription["cancel_at_period_end"]:
        subscriptions.end(books, subscription)
        return
    now = books.now()
    for item in subscription["items"]["data"]:
        item["current_period_start"] = now
        anchor = subscription["billing_cycle_anchor"]
        item["current_period_end"] = calendars.after(now, item["price"]["recurring"], anchor)
    if subscription["schedule"]:
        schedule = books.get("subscription_schedule", subscription["schedule"])
        if schedule["current_phase"]["end_date"] <= now:
            schedules.step(books, schedule)
    invoice = invoices.bill(books, subscription, "subscription_cycle")
    if not invoices.collect(books, invoice) and subscription["status"] == "active":
        subscription["status"] = "past_due"
    books.tell("customer.subscription.updated", subscription)


def _try_again(books: Books, invoice: Thing) -> None:
    details = invoice["parent"]["subscription_details"]
    subscription = books.get("subscription", details["subscription"])
    if subscription["status"] in subscriptions.ENDED:
        invoice |= {"status": "void", "next_payment_attempt": None}
    elif invoices.collect(books, invoice):
        if subscription["status"] == "past_due":
            subscription["status"] = "active"
            books.tell("customer.subscription.updated", subscription)
    elif invoice["attempt_count"] >= invoices.ATTEMPTS:
        subscriptions.end(books, subscription)
