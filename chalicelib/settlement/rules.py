"""What a subscription at Stripe means for its user's accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing import slots
from chalicelib.billing.plans import LIVE, PLANS
from chalicelib.billing.slots import Quantities, Seat


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as Stripe has it now."""

    subscription_id: str
    customer_id: str
    status: str
    slots: Quantities
    """Account slots that it pays for, by tier."""
    later: Quantities | None
    """The slots from the period's end on, where a schedule changes them then."""
    ends_with_period: bool
    """It was cancelled and runs out; nothing can be scheduled behind that."""
    period_start: datetime | None
    is_paid: bool
    """The newest invoice is paid: the period's credits are due."""
    is_ours: bool
    """It has a price of ours; without one it is of something else that is sold at this account."""

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

    Another one than before does so only when it is live and nothing live stands behind the former
    state: an attempt to pay that failed leaves a free user free, and the end of an old
    subscription touches no new one.
    """
    is_open = known_id is None or known_status not in LIVE
    return found.subscription_id == known_id or (found.is_live and is_open)


def seated(awake: Iterable[Awake], bought: Mapping[str, int]) -> dict[int, str | None]:
    """The tier of each awake account under a newly bought subscription; None puts it to sleep.

    `awake` are in the order in which the accounts were added: the newest go without.
    """
    free = {tier: bought.get(tier, 0) for tier in PLANS}
    found: dict[int, str | None] = {}
    for each in awake:
        wished = [each.tier, *free]
        tier = next((tier for tier in wished if free.get(tier, 0) > 0), None)
        if tier is not None:
            free[tier] -= 1
        found[each.account_id] = tier
    return found


def strayed(found: Subscription, seats: Sequence[Seat]) -> int:
    """Slots that a live subscription holds otherwise than the awake accounts need it to.

    Nothing, where Stripe has what `held` and `held_later` say.
    """
    now = slots.held(found.slots, seats)
    later = None if found.ends_with_period else slots.held_later(now, seats)
    at_end = now if later is None else later
    planned = now if found.later is None else found.later
    return _difference(found.slots, now) + _difference(planned, at_end)


def _difference(one: Quantities, other: Quantities) -> int:
    return sum(abs(one.get(tier, 0) - other.get(tier, 0)) for tier in PLANS)
