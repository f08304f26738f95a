"""Giving a daily sync back that nothing was read with."""

from __future__ import annotations

from chalicelib import db
from chalicelib.accounts.table import AccountItem


@db.retried_on_conflict
def give_back(user_id: int, account_id: int, trigger: str) -> None:
    """Take the trigger off the account's syncs of the day. May be repeated."""
    account = AccountItem.find(user_id, AccountItem.at(account_id))
    if account is None or trigger not in account.slot_triggers:
        return
    with db.conditional():
        account.update(
            actions=[
                AccountItem.version.set(account.version + 1),
                AccountItem.slot_triggers.set([t for t in account.slot_triggers if t != trigger]),
            ],
            condition=AccountItem.version == account.version,
        )
