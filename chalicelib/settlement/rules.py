"""What a subscription at Stripe means for its user's accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing.plans import LIVE, PLANS


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as Stripe has it now."""

    subscription_id: str
    customer_id: str
    status: str
    slots: Mapping[str, int]
    """Account slots that it pays for, by tier."""
    period_start: datetime | None
    is_paid: bool
    """The newest invoice is paid: the period's credits are due."""

    @property
    def is_live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Awake:
    """An awake account, and the tier that it is on."""

    account_id: int
    tier: str


def speaks_for(found: Subscription, *, known_id: str | None, known_status: str) -> bool:
    """Whether this subscription decides the user's state.

    Another one than before does so only when it is live and the former is not: an attempt to pay
    that failed leaves a free user free, and the end of an old subscription touches no new one.
    """
    return found.subscription_id == known_id or (found.is_live and known_status not in LIVE)


def seated(awake: Iterable[Awake], slots: Mapping[str, int]) -> dict[int, str | None]:
    """The tier of each awake account under a newly bought subscription; None puts it to sleep.

    `awake` are in the order in which the accounts were added: the newest go without.
    """
    free = {tier: slots.get(tier, 0) for tier in PLANS}
    found: dict[int, str | None] = {}
    for each in awake:
        wished = [each.tier, *free]
        tier = next((tier for tier in wished if free.get(tier, 0) > 0), None)
        if tier is not None:
            free[tier] -= 1
        found[each.account_id] = tier
    return found
