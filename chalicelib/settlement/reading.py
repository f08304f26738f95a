"""A subscription as Stripe has it now, in our own words."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from chalicelib.billing.plans import ENDED
from chalicelib.billing.stripe_client import Stripe, refusals
from chalicelib.settlement.rules import Subscription


def read_subscription(stripe: Stripe, subscription_id: str) -> Subscription:
    """Ask Stripe. Raises StripeFailed."""
    with refusals():
        found = stripe.api.v1.subscriptions.retrieve(
            subscription_id, {"expand": ["latest_invoice"]}
        )
    slots: Counter[str] = Counter()
    starts = []
    for item in found.items.data:
        tier = stripe.tier_of(item.price.id)
        if tier is not None:
            slots[tier] += item.quantity or 0
            starts.append(item.current_period_start)
    invoice, customer = found.latest_invoice, found.customer
    return Subscription(
        subscription_id=found.id,
        customer_id=customer if isinstance(customer, str) else customer.id,
        status=found.status,
        slots={} if found.status in ENDED else dict(slots),
        period_start=datetime.fromtimestamp(max(starts), UTC) if starts else None,
        is_paid=not isinstance(invoice, str) and invoice is not None and invoice.status == "paid",
    )
