"""What a subscription at Stripe holds: slots of each tier now, and from the period's end on.

Quantities are told as totals, never as differences, so that telling the same twice changes nothing
and whoever tells last leaves the truth. A change at the period's end is a subscription schedule of
two phases (docs.stripe.com/billing/subscriptions/subscription-schedules).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.billing.checkout import USER
from chalicelib.billing.plans import LIVE, TIERS
from chalicelib.billing.slots import Quantities
from chalicelib.billing.stripe_client import Stripe, refusals
from chalicelib.errors import StripeFailed

if TYPE_CHECKING:
    from stripe import Subscription


class Subscriptions:
    """Tells Stripe what a subscription holds. Every method raises StripeFailed, nothing else."""

    def __init__(self, connect: Callable[[], Stripe]) -> None:
        """`connect` is called when Stripe is needed; it raises StripeFailed without a key."""
        self.connect = connect

    def require(self, subscription_id: str | None) -> str:
        """The subscription, if there is one that slots can be added to."""
        self.connect()
        if subscription_id is None:
            raise StripeFailed("There is no subscription that a slot could be added to.")
        return subscription_id

    def hold(
        self, subscription_id: str, now: Quantities, later: Quantities | None, *, action: str
    ) -> datetime:
        """Make the subscription hold `now` at once, prorated, and `later` from the period's end.

        None as `later` drops what was scheduled. `action` names the business action for Stripe's
        idempotency. Returns when the period ends.
        """
        stripe = self.connect()
        with refusals():
            return _Telling(stripe, action).tell(subscription_id, now, later)

    def live_ones(self, user_id: int, customer_id: str) -> list[str]:
        """The live subscriptions of a customer that were bought for this user here."""
        stripe = self.connect()
        with refusals():
            found = stripe.api.v1.subscriptions.list({"customer": customer_id, "limit": 100})
        return [
            each.id
            for each in found.data
            if each.status in LIVE
            and getattr(each.metadata, USER, None) == str(user_id)
            and any(stripe.tier_of(item.price.id) for item in each.items.data)
        ]

    def bought(self, checkout_id: str) -> tuple[bool, str | None]:
        """Whether a checkout page can still be used, and the subscription that it led to."""
        stripe = self.connect()
        with refusals():
            session = stripe.api.v1.checkout.sessions.retrieve(checkout_id)
        return session.status == "open", id_of(session.subscription)

    def close(self, checkout_id: str) -> str | None:
        """Let nothing be bought on a checkout page any more; the subscription that it led to.

        May be repeated. Raises StripeFailed when somebody pays at this very moment.
        """
        is_open, subscription_id = self.bought(checkout_id)
        if is_open:
            stripe = self.connect()
            with refusals():
                stripe.api.v1.checkout.sessions.expire(checkout_id)
        return subscription_id

    def cancel(self, subscription_id: str) -> None:
        """End a subscription at once; what was paid for the rest of the period is credited.

        May be repeated: one that is over stays over.
        """
        import stripe as library

        stripe = self.connect()
        with refusals():
            try:
                stripe.api.v1.subscriptions.cancel(
                    subscription_id, {"prorate": True, "invoice_now": True}
                )
            except library.InvalidRequestError as fault:
                if fault.code != "resource_missing":
                    raise


@dataclass(frozen=True, slots=True)
class _Telling:
    """The calls of one business action."""

    stripe: Stripe
    action: str

    def tell(self, subscription_id: str, now: Quantities, later: Quantities | None) -> datetime:
        v1 = self.stripe.api.v1
        known = v1.subscriptions.retrieve(subscription_id)
        schedule_id = id_of(known.schedule)
        if schedule_id is not None and later is None:
            self._post(v1.subscription_schedules.release, schedule_id, {})
            schedule_id = None
        changes = self._changes(known, now)
        if schedule_id is None and changes:
            wanted = {"items": changes, "proration_behavior": "create_prorations"}
            self._post(v1.subscriptions.update, subscription_id, wanted)
        ends = max(item.current_period_end for item in known.items.data)
        if later is not None and not (known.cancel_at_period_end or known.cancel_at):
            # Behind a cancellation nothing follows: a schedule would take the cancellation back.
            self._schedule(known, schedule_id, now, later, ends)
        return datetime.fromtimestamp(ends, UTC)

    def _schedule(
        self,
        known: Subscription,
        schedule_id: str | None,
        now: Quantities,
        later: Quantities,
        ends: int,
    ) -> None:
        """Two phases: `now` up to the period's end, `later` for the period after it."""
        items_now, items_later = self._phase(known, now), self._phase(known, later)
        schedules = self.stripe.api.v1.subscription_schedules
        if schedule_id is None:
            schedule_id = str(self._post(schedules.create, {"from_subscription": known.id}).id)
        running = schedules.retrieve(schedule_id).current_phase
        if running is None:
            raise StripeFailed("The subscription's schedule is over.")
        phases = [
            {
                "items": items_now,
                "start_date": running.start_date,
                "end_date": ends,
                "proration_behavior": "create_prorations",
            },
            {"items": items_later, "proration_behavior": "none", "duration": _period(known)},
        ]
        wanted = {
            "phases": phases,
            "end_behavior": "release",
            "proration_behavior": "create_prorations",
        }
        self._post(schedules.update, schedule_id, wanted)

    def _changes(self, known: Subscription, now: Quantities) -> list[dict[str, Any]]:
        """The items whose quantity differs; an item stays at 0, for one item at least must."""
        items = {item.price.id: item for item in known.items.data}
        changes: list[dict[str, Any]] = []
        for tier in TIERS:
            number = now.get(tier, 0)
            item = items.get(self.stripe.prices[tier])
            if item is not None and item.quantity != number:
                changes.append({"id": item.id, "quantity": number})
            elif item is None and number:
                changes.append({"price": self._price(tier), "quantity": number})
        return changes

    def _phase(self, known: Subscription, wanted: Quantities) -> list[dict[str, Any]]:
        """All items of a phase: our tiers, and what else the subscription has."""
        ours = [
            {"price": self._price(tier), "quantity": wanted[tier]}
            for tier in TIERS
            if wanted.get(tier)
        ]
        others = [
            {"price": item.price.id, "quantity": item.quantity}
            for item in known.items.data
            if self.stripe.tier_of(item.price.id) is None
        ]
        return ours + others

    def _price(self, tier: str) -> str:
        price = self.stripe.prices[tier]
        if not price:
            raise StripeFailed(f"There is no price for the {tier} tier.")
        return price

    def _post(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Make a call with one idempotency key per action, call and minute.

        Stripe replays even a 500 to a key it knows, so a later attempt needs another one; since
        totals are told, an attempt too many does no harm.
        """
        minute = int(clock.now().timestamp()) // 60
        named = [self.action, minute, call.__qualname__, *arguments]
        digest = sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
        return call(*arguments, {"idempotency_key": f"ctgo-{digest}"})


def id_of(reference: Any) -> str | None:
    """The id behind a field of Stripe that holds an id, the object itself or nothing."""
    return reference if reference is None or isinstance(reference, str) else str(reference.id)


def _period(known: Subscription) -> dict[str, Any]:
    """How long the phase after the running one is made: one period; then the schedule lets go."""
    recurring = known.items.data[0].price.recurring
    if recurring is None:
        raise StripeFailed("The subscription's price is not a recurring one.")
    return {"interval": recurring.interval, "interval_count": recurring.interval_count}
