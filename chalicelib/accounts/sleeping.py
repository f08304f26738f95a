"""Putting an account to sleep and waking it: what is not synced is not billed."""

from __future__ import annotations

from chalicelib import db
from chalicelib.accounts.paying import Paid, pay, slots_without
from chalicelib.accounts.table import AccountItem
from chalicelib.accounts.tracked import Tracked, changing
from chalicelib.billing import gates, slots
from chalicelib.billing.plans import FREE
from chalicelib.billing.slots import Seat
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.follow_up import Follow, FollowUp, promise


def sleep(user_id: int, account_id: int, *, follow: Follow) -> None:
    """Stop syncing and billing; a pending downgrade takes effect. A repeat changes nothing.

    Stripe follows, at once or when it can be reached again. Raises AccountNotFound.
    """
    job = _fall_asleep(user_id, account_id)
    follow(job)


@db.retried_on_conflict
def _fall_asleep(user_id: int, account_id: int) -> FollowUp | None:
    tracked = Tracked.read(user_id)
    account, owner = tracked.account(account_id), tracked.owner
    if not account.is_awake:
        return None
    left = slots.held(slots_without(owner, account.tier), tracked.seats(without=account_id))
    job = FollowUp(user_id=user_id, account_id=account_id, version=owner.version)
    promise(job)
    with changing(owner, slots=left, is_told=owner.subscription_id is None) as write:
        write.update(
            AccountItem(user_id, account.key),
            actions=[
                AccountItem.is_awake.set(False),
                AccountItem.tier.set(account.pending_tier or account.tier),
                AccountItem.pending_tier.remove(),
                AccountItem.pending_tier_at.remove(),
            ],
        )
    return job


def wake(user_id: int, account_id: int, *, subscriptions: Subscriptions, follow: Follow) -> None:
    """Sync and bill again, in a free paid slot or one more. A repeat changes nothing.

    Raises AccountNotFound, SubscriptionRequired, FreeAccountLimit, StripeFailed.
    """
    job = _wake_up(user_id, account_id, subscriptions)
    follow(job)


@db.retried_on_conflict
def _wake_up(user_id: int, account_id: int, subscriptions: Subscriptions) -> FollowUp | None:
    tracked = Tracked.read(user_id)
    account, owner = tracked.account(account_id), tracked.owner
    if account.is_awake:
        return None
    before = tracked.seats()
    gates.require_not_lapsed(owner.status)
    gates.gate_free_accounts(owner.status, len(before) + 1)
    job = FollowUp(user_id=user_id, version=owner.version, credits=True)
    promise(job)
    paid = Paid()
    if owner.status != FREE:
        paid = pay(owner, before, [*before, Seat(account.tier)], subscriptions)
    with changing(owner, slots=paid.slots) as write:
        write.update(AccountItem(user_id, account.key), actions=[AccountItem.is_awake.set(True)])
    return job
