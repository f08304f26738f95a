"""Changing an account's tier: up at once, down at the end of the billing period."""

from __future__ import annotations

from datetime import datetime

from pynamodb.expressions.update import Action

from chalicelib import db
from chalicelib.accounts.paying import Paid, new_telling, pay, slots_without
from chalicelib.accounts.ripening import ripen
from chalicelib.accounts.schemas import TierAction
from chalicelib.accounts.table import AccountItem
from chalicelib.accounts.tracked import Tracked, changing
from chalicelib.billing import gates
from chalicelib.billing.plans import TIERS
from chalicelib.billing.slots import Seat
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.errors import AccountSleeping
from chalicelib.follow_up import Follow, FollowUp, promise


def change_tier(
    user_id: int, account_id: int, tier: str, *, subscriptions: Subscriptions, follow: Follow
) -> TierAction:
    """Move an account to another tier; Stripe is told first.

    Raises AccountNotFound, AccountSleeping, SubscriptionRequired, StripeFailed.
    """
    action, job = _move(user_id, account_id, tier, subscriptions, telling=new_telling())
    follow(job)
    return action


@db.retried_on_conflict
def _move(
    user_id: int, account_id: int, tier: str, subscriptions: Subscriptions, *, telling: str
) -> tuple[TierAction, FollowUp | None]:
    tracked = Tracked.read(user_id)
    account = tracked.account(account_id)
    ripen(tracked.owner, tracked.accounts.values())
    if not account.is_awake:
        raise AccountSleeping
    gates.require_subscription(tracked.owner.status)
    action = _action(account, tier)
    if action == "unchanged" or tier == account.pending_tier:
        return action, None
    job = FollowUp(user_id=user_id, account_id=account_id, telling=telling, credits=True)
    promise(job)
    paid = _pay(tracked, account, tier, subscriptions, telling=telling)
    ends = paid.period_ends or account.pending_tier_at
    with changing(tracked.owner, slots=paid.slots, told=paid.told) as write:
        write.update(AccountItem(user_id, account.key), actions=_written(action, tier, ends))
    return action, job


def _action(account: AccountItem, tier: str) -> TierAction:
    if tier == account.tier:
        return "pending_cancelled" if account.pending_tier else "unchanged"
    is_up = TIERS.index(tier) > TIERS.index(account.tier)
    return "upgraded" if is_up else "downgrade_scheduled"


def _pay(
    tracked: Tracked,
    account: AccountItem,
    tier: str,
    subscriptions: Subscriptions,
    *,
    telling: str,
) -> Paid:
    """A downgrade keeps the slot until the period ends; an upgrade leaves it for another one."""
    is_down = TIERS.index(tier) < TIERS.index(account.tier)
    seat = Seat(account.tier, tier) if is_down else Seat(tier)
    after = [*tracked.seats(without=account.account_id), seat]
    left = tracked.owner.slots
    if tier != account.tier and not is_down:
        left = slots_without(tracked.owner, account.tier)
    return pay(
        tracked.owner, tracked.seats(), after, subscriptions, telling=telling, slots_left=left
    )


def _written(action: TierAction, tier: str, period_ends: datetime | None) -> list[Action]:
    if action == "downgrade_scheduled":
        return [
            AccountItem.pending_tier.set(tier),
            db.put(AccountItem.pending_tier_at, period_ends),
        ]
    return [
        AccountItem.tier.set(tier),
        AccountItem.pending_tier.remove(),
        AccountItem.pending_tier_at.remove(),
    ]
