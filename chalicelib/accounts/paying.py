"""Paying for awake accounts: a free slot first, else a larger quantity at Stripe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib import db
from chalicelib.accounts.tracked import Tracked
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import slots
from chalicelib.billing.plans import ENDED
from chalicelib.billing.slots import Quantities, Seat
from chalicelib.billing.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Paid:
    """What Stripe was told to hold, and when the period ends; neither when nothing was to tell."""

    slots: Quantities | None = None
    period_ends: datetime | None = None


def pay(
    owner: UserItem,
    before: Sequence[Seat],
    after: Sequence[Seat],
    subscriptions: Subscriptions,
    *,
    slots_left: Quantities | None = None,
) -> Paid:
    """Have Stripe hold what the seats `after` a change take, unless it does so already.

    The caller has promised to follow up, so that a change that Stripe heard of and that never came
    to be is taken back there. `slots_left` are those that the change does not give up; None means
    all. Raises StripeFailed, and then nothing changed.
    """
    now = slots.held(owner.slots if slots_left is None else slots_left, after)
    later = slots.held_later(now, after)
    if now == owner.slots and later == slots.held_later(owner.slots, before):
        return Paid()
    subscription_id = subscriptions.require(owner.subscription_id)
    ends = subscriptions.hold(subscription_id, now, later, action=_action(owner))
    return Paid(now, ends)


def slots_without(owner: UserItem, tier: str) -> Quantities:
    """What the subscription holds when an account leaves its tier.

    Without a subscription the slots were granted rather than bought, and stay.
    """
    return slots.released(owner.slots, tier) if owner.subscription_id else owner.slots


@db.retried_on_conflict
def follow_slots(user_id: int, version: int, subscriptions: Subscriptions) -> None:
    """Tell Stripe what the subscription holds, if it may not know. Raises StripeFailed.

    It may not know when the row says so, or when the workspace still has the version at which
    Stripe was told of a change: that change never came to be.
    """
    tracked = Tracked.read(user_id)
    owner = tracked.owner
    if owner.is_stripe_told and owner.version != version:
        return
    if owner.subscription_id is not None and owner.status not in ENDED:
        later = slots.held_later(owner.slots, tracked.seats())
        subscriptions.hold(owner.subscription_id, owner.slots, later, action=_action(owner))
    with db.conditional():
        UserItem(user_id, SELF).update(
            actions=[UserItem.is_stripe_told.set(True)],
            condition=UserItem.version == owner.version,
        )


def _action(owner: UserItem) -> str:
    return f"user {owner.user_id} version {owner.version}"
