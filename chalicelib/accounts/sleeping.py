"""Putting an account to sleep and waking it: what is not synced is not billed."""

from __future__ import annotations

from chalicelib import db
from chalicelib.accounts.paying import Paid, new_telling, pay, slots_without
from chalicelib.accounts.ripening import ripen
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
    ripen(owner, tracked.accounts.values())
    if not account.is_awake:
        return None
    left = slots.held(slots_without(owner, account.tier), tracked.seats(without=account_id))
    telling = new_telling() if owner.subscription_id else None
    job = FollowUp(user_id=user_id, account_id=account_id, telling=telling)
    promise(job)
    with changing(owner, slots=left, untold=telling) as write:
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
    job = _wake_up(user_id, account_id, subscriptions, telling=new_telling())
    follow(job)


@db.retried_on_conflict
def _wake_up(
    user_id: int, account_id: int, subscriptions: Subscriptions, *, telling: str
) -> FollowUp | None:
    tracked = Tracked.read(user_id)
    account, owner = tracked.account(account_id), tracked.owner
    ripen(owner, tracked.accounts.values())
    if account.is_awake:
        return None
    before = tracked.seats()
    gates.require_not_lapsed(owner.status)
    gates.gate_free_accounts(owner.status, len(before) + 1)
    job = FollowUp(user_id=user_id, telling=telling, credits=True)
    promise(job)
    paid = Paid()
    if owner.status != FREE:
        after = [*before, Seat(account.tier)]
        paid = pay(owner, before, after, subscriptions, telling=telling)
    with changing(owner, slots=paid.slots, told=paid.told) as write:
        write.update(AccountItem(user_id, account.key), actions=[AccountItem.is_awake.set(True)])
    return job
