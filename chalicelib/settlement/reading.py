"""A subscription as Stripe has it now, in our own words."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.billing.plans import ENDED
from chalicelib.billing.stripe_client import Stripe, refusals
from chalicelib.settlement.rules import Subscription

if TYPE_CHECKING:
    from stripe import SubscriptionSchedule


def read_subscription(stripe: Stripe, subscription_id: str) -> Subscription:
    """Ask Stripe. Raises StripeFailed."""
    with refusals():
        found = stripe.api.v1.subscriptions.retrieve(
            subscription_id, {"expand": ["latest_invoice", "schedule"]}
        )
    slots: Counter[str] = Counter()
    starts = []
    for item in found.items.data:
        tier = stripe.tier_of(item.price.id)
        if tier is not None:
            slots[tier] += item.quantity or 0
            starts.append(item.current_period_start)
    invoice, customer, schedule = found.latest_invoice, found.customer, found.schedule
    later = None if schedule is None or isinstance(schedule, str) else _later(stripe, schedule)
    return Subscription(
        subscription_id=found.id,
        customer_id=customer if isinstance(customer, str) else customer.id,
        status=found.status,
        slots={} if found.status in ENDED else dict(slots),
        later=later,
        ends_with_period=found.cancel_at_period_end or found.cancel_at is not None,
        period_start=datetime.fromtimestamp(max(starts), UTC) if starts else None,
        is_paid=not isinstance(invoice, str) and invoice is not None and invoice.status == "paid",
        is_ours=bool(starts),
    )


def _later(stripe: Stripe, schedule: SubscriptionSchedule) -> dict[str, int] | None:
    """The slots of the phase after the running one."""
    running = schedule.current_phase
    if running is None:
        return None
    for phase in schedule.phases:
        if phase.start_date == running.end_date:
            slots: Counter[str] = Counter()
            for item in phase.items:
                price = item.price if isinstance(item.price, str) else item.price.id
                slots[stripe.tier_of(price) or ""] += item.quantity or 0
            return {tier: number for tier, number in slots.items() if tier}
    return None
