"""A downgrade whose time has come takes effect before anything else is decided.

Stripe changes over by itself when the period ends, and its event brings our rows along. Whoever
acts before that event is here must not decide on what was.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib import clock, db
from chalicelib.accounts.table import AccountItem
from chalicelib.accounts.tracked import changing
from chalicelib.auth.users import UserItem
from chalicelib.billing import slots
from chalicelib.billing.slots import Seat
from chalicelib.follow_up import FollowUp, promise


def ripen(owner: UserItem, accounts: Iterable[AccountItem]) -> None:
    """Put downgrades into effect that are due. Raises db.Conflict then: read again and decide anew.

    Nothing is told to Stripe: its schedule has done the same.
    """
    known = list(accounts)
    due = [
        each
        for each in known
        if each.is_awake and each.pending_tier and each.pending_tier_at <= clock.now()
    ][: db.TRANSACTION_LIMIT - 1]
    if not due:
        return
    ripe = {each.account_id for each in due}
    then = [
        Seat(each.tier, each.pending_tier if each.account_id in ripe else None)
        for each in known
        if each.is_awake
    ]
    promise(*(FollowUp(user_id=owner.user_id, account_id=each.account_id) for each in due))
    with changing(owner, slots=slots.held_later(owner.slots, then)) as write:
        for each in due:
            write.update(
                AccountItem(owner.user_id, each.key),
                actions=[
                    AccountItem.tier.set(each.pending_tier),
                    AccountItem.pending_tier.remove(),
                    AccountItem.pending_tier_at.remove(),
                ],
            )
    raise db.Conflict
