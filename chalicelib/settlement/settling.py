"""Settling what Stripe reports: rows agree, Stripe hears what strayed, credits are granted."""

from __future__ import annotations

from chalicelib.accounts.paying import follow_slots
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import credits, grants
from chalicelib.billing.inbox import SettleEvent
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.billing.table import StripeEventItem
from chalicelib.settlement.agreeing import Agreed, agree
from chalicelib.settlement.reading import read_subscription


def settle(job: SettleEvent, *, subscriptions: Subscriptions) -> None:
    """Settle a stored event. Raises StripeFailed when Stripe cannot be asked: it is tried again."""
    event = StripeEventItem.find(job.event_id)
    if event is None or event.is_settled or event.user_id is None:
        return
    settle_subscription(event.user_id, str(event.subscription_id), subscriptions)
    event.update(actions=[StripeEventItem.is_settled.set(True)])


def settle_subscription(
    user_id: int, subscription_id: str, subscriptions: Subscriptions
) -> Agreed | None:
    """Bring the user in step with a subscription; None when there is no such user any more.

    A subscription of nobody is cancelled: nobody would have what it bills. Raises StripeFailed.
    """
    if UserItem.find(user_id, SELF) is None:
        found = read_subscription(subscriptions.connect(), subscription_id)
        if found.is_live and found.is_ours:
            subscriptions.cancel(subscription_id)
        return None
    agreed = agree(user_id, subscription_id, subscriptions)
    found = agreed.found
    if found.is_live and found.is_paid and found.period_start is not None:
        start = found.period_start
        due = [
            due for each in agreed.awake for due in grants.due(each.account_id, each.tier, start)
        ]
        credits.grant_all(user_id, due)
    if agreed.telling:
        follow_slots(user_id, agreed.telling, subscriptions)
    return agreed
