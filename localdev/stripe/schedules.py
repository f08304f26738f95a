"""Subscription schedules: phases of items, one after another, then the subscription goes on."""

from __future__ import annotations

from typing import Any

from localdev.stripe import calendars, items
from localdev.stripe.books import Books, Thing
from localdev.stripe.forms import Form, required, whole
from localdev.stripe.refusals import Refusal

_OPEN = ("active", "not_started")


def create(books: Books, form: Form) -> Thing:
    """`POST /v1/subscription_schedules` with `from_subscription`, which must stand alone."""
    if set(form) != {"from_subscription"}:
        raise Refusal("You cannot set other parameters beside `from_subscription`.")
    subscription = books.get(
        "subscription", required(form, "from_subscription"), "from_subscription"
    )
    if subscription["schedule"]:
        raise Refusal(
            "You cannot migrate a subscription that is already attached to a schedule: "
            f"{subscription['schedule']}"
        )
    if subscription["status"] in ("canceled", "incomplete_expired", "incomplete"):
        raise Refusal(f"You cannot schedule a subscription that is {subscription['status']}.")
    first = subscription["items"]["data"][0]
    span = (first["current_period_start"], first["current_period_end"])
    schedule = _blank(books, subscription)
    schedule["phases"] = [_phase(items.phase_items(subscription["items"]["data"]), span, "none")]
    schedule["current_phase"] = {"start_date": span[0], "end_date": span[1]}
    subscription["schedule"] = books.add(schedule)["id"]
    books.tell("subscription_schedule.created", schedule)
    return schedule


def _blank(books: Books, subscription: Thing) -> Thing:
    return {
        "id": books.new_id("subscription_schedule"),
        "object": "subscription_schedule",
        "application": None,
        "billing_mode": {"flexible": {}, "type": "flexible"},
        "canceled_at": None,
        "completed_at": None,
        "created": books.now(),
        "current_phase": None,
        "customer": subscription["customer"],
        "default_settings": {"billing_cycle_anchor": "automatic"},
        "end_behavior": "cancel" if subscription["cancel_at_period_end"] else "release",
        "livemode": False,
        "metadata": {},
        "pause_schedules": [],
        "phases": [],
        "released_at": None,
        "released_subscription": None,
        "status": "active",
        "subscription": subscription["id"],
        "test_clock": None,
    }


def _phase(wanted: list[dict[str, Any]], span: tuple[int, int], behaviour: str) -> Thing:
    return {
        "add_invoice_items": [],
        "currency": "usd",
        "discounts": [],
        "end_date": span[1],
        "items": wanted,
        "metadata": {},
        "proration_behavior": behaviour,
        "start_date": span[0],
    }


def update(books: Books, form: Form, schedule_id: str) -> Thing:
    """`POST /v1/subscription_schedules/{id}`: phases from the running one on, and what follows."""
    schedule = _open(books, schedule_id)
    subscription = books.get("subscription", schedule["subscription"])
    if "phases" in form:
        phases = _read_phases(books, subscription, schedule, form["phases"])
        behaviour = form.get("proration_behavior", "create_prorations")
        items.put_on(books, subscription, phases[0], behaviour)
        schedule["phases"] = phases
        schedule["current_phase"] = _span(phases[0])
        # From now on it ends as the schedule says, whatever the subscription said before.
        subscription |= {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None}
    schedule["end_behavior"] = form.get("end_behavior", schedule["end_behavior"])
    books.tell("subscription_schedule.updated", schedule)
    books.tell("customer.subscription.updated", subscription)
    return schedule


def _open(books: Books, schedule_id: str) -> Thing:
    schedule = books.get("subscription_schedule", schedule_id)
    if schedule["status"] not in _OPEN:
        raise Refusal(
            f"You cannot update a subscription schedule that is currently in the "
            f"`{schedule['status']}` status."
        )
    return schedule


def _read_phases(
    books: Books, subscription: Thing, schedule: Thing, forms: list[Form]
) -> list[Thing]:
    running = schedule["current_phase"]
    found: list[Thing] = []
    for index, form in enumerate(forms):
        param = f"phases[{index}]"
        start = found[-1]["end_date"] if found else whole(required(form, "start_date"), param)
        if not found and start != running["start_date"]:
            raise Refusal(
                "You can not modify the start date of the current phase.",
                param="phases[0][start_date]",
            )
        wanted = _read_items(books, form, param)
        span = (start, _end_of(subscription, form, start, param))
        found.append(_phase(wanted, span, form.get("proration_behavior", "create_prorations")))
    return found


def _read_items(books: Books, form: Form, param: str) -> list[dict[str, Any]]:
    found = []
    for number, item in enumerate(required(form, "items")):
        place = f"{param}[items][{number}]"
        price = items.price_of(books, required(item, "price"), f"{place}[price]")
        quantity = whole(item.get("quantity", 1), f"{place}[quantity]")
        found += items.phase_items([{"price": price, "quantity": quantity}])
    return found


def _end_of(subscription: Thing, form: Form, start: int, param: str) -> int:
    if "end_date" in form:
        end = whole(form["end_date"], f"{param}[end_date]")
    else:
        duration = required(form, "duration")
        period = {"interval_count": 1, **duration}
        end = calendars.after(start, period, subscription["billing_cycle_anchor"])
    if end <= start:
        raise Refusal("The phase's end_date must be after its start_date.", param=param)
    return end


def _span(phase: Thing) -> Thing:
    return {"start_date": phase["start_date"], "end_date": phase["end_date"]}


def release(books: Books, _: Form, schedule_id: str) -> Thing:
    """`POST /v1/subscription_schedules/{id}/release`: the subscription goes on as it is."""
    schedule = _open(books, schedule_id)
    let_go(books, schedule)
    books.tell(
        "customer.subscription.updated",
        books.get("subscription", schedule["released_subscription"]),
    )
    return schedule


def let_go(books: Books, schedule: Thing) -> None:
    """End a schedule without touching what the subscription holds."""
    subscription = books.get("subscription", schedule["subscription"])
    subscription["schedule"] = None
    schedule |= {
        "status": "released",
        "released_at": books.now(),
        "released_subscription": subscription["id"],
        "subscription": None,
        "current_phase": None,
    }
    books.tell("subscription_schedule.released", schedule)


def cancel(books: Books, _: Form, schedule_id: str) -> Thing:
    """`POST /v1/subscription_schedules/{id}/cancel`: the schedule and its subscription end."""
    from localdev.stripe import subscriptions

    schedule = _open(books, schedule_id)
    subscriptions.end(books, books.get("subscription", schedule["subscription"]))
    return schedule


def step(books: Books, schedule: Thing) -> None:
    """The running phase is over: the next one begins, or the schedule lets go."""
    subscription = books.get("subscription", schedule["subscription"])
    over = schedule["current_phase"]["end_date"]
    following = next((each for each in schedule["phases"] if each["start_date"] == over), None)
    if following is None:
        let_go(books, schedule)
        return
    items.put_on(books, subscription, following, following["proration_behavior"])
    schedule["current_phase"] = _span(following)
    books.tell("subscription_schedule.updated", schedule)
