"""Paying for awake accounts: a free slot first, else a larger quantity at Stripe.

Stripe and our tables cannot be written in one transaction. So an action that changes what is paid
for stands in the user's row from before Stripe hears of it until both agree. Whoever finds it there
later tells Stripe what the tables say; it does not matter where the action died.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib import clock, db
from chalicelib.accounts.tracked import Tracked, changing
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import slots
from chalicelib.billing.plans import ENDED
from chalicelib.billing.slots import Quantities, Seat
from chalicelib.billing.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Paid:
    """What Stripe was told to hold, and when the period ends; nothing when that was not needed."""

    slots: Quantities | None = None
    period_ends: datetime | None = None
    told: str | None = None
    """The action of which Stripe has heard."""


def new_telling() -> str:
    """The id of a business action of which Stripe is told; its idempotency keys are made of it."""
    return secrets.token_hex(8)


def pay(
    owner: UserItem,
    before: Sequence[Seat],
    after: Sequence[Seat],
    subscriptions: Subscriptions,
    *,
    telling: str,
    slots_left: Quantities | None = None,
) -> Paid:
    """Have Stripe hold what the seats `after` a change take, unless it does so already.

    The caller has promised to follow up on `telling`, so that a change of which Stripe heard and
    that never came to be is taken back there. `slots_left` are those that the change does not give
    up; None means all. Raises StripeFailed, and then nothing changed here; db.Conflict.
    """
    now = slots.held(owner.slots if slots_left is None else slots_left, after)
    later = slots.held_later(now, after)
    if now == owner.slots and later == slots.held_later(owner.slots, before):
        return Paid()
    subscription_id = subscriptions.require(owner.subscription_id)
    _note(owner, telling)
    ends = subscriptions.hold(subscription_id, now, later, action=telling)
    return Paid(now, ends, telling)


def _note(owner: UserItem, telling: str) -> None:
    """Write down that Stripe is about to be told; `owner` is then as the row is."""
    with changing(owner, untold=telling):
        pass
    owner.untold = {**owner.untold, telling: int(clock.now().timestamp())}
    owner.version += 1


def slots_without(owner: UserItem, tier: str) -> Quantities:
    """What the subscription holds when an account leaves its tier.

    Without a subscription the slots were granted rather than bought, and stay.
    """
    return slots.released(owner.slots, tier) if owner.subscription_id else owner.slots


def follow_slots(user_id: int, telling: str, subscriptions: Subscriptions) -> None:
    """Tell Stripe what the tables say, if it may not have heard of an action.

    Raises StripeFailed, and then the action stays untold.
    """
    owner = UserItem.find(user_id, SELF)
    if owner is not None and telling in owner.untold:
        tell(user_id, telling, subscriptions)


@db.retried_on_conflict
def tell(user_id: int, telling: str, subscriptions: Subscriptions) -> None:
    """Tell Stripe what the tables say and note that it knows. May be repeated.

    Raises StripeFailed.
    """
    tracked = Tracked.read(user_id)
    owner, seats = tracked.owner, tracked.seats()
    if owner.subscription_id is not None and owner.status not in ENDED:
        later = slots.held_later(owner.slots, seats)
        subscriptions.hold(owner.subscription_id, owner.slots, later, action=telling)
    with changing(owner, told=telling):
        pass
