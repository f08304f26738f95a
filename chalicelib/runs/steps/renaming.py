"""Following an account to its new handle: streams carry copies of it."""

from __future__ import annotations

from chalicelib.accounts.table import AccountItem
from chalicelib.follow_up import FollowUp, promise
from chalicelib.streams.upkeep import follow_account


def rename(user_id: int, account_id: int, handle: str) -> None:
    """Give the account its handle, and then every stream that names it. May be repeated."""
    promise(FollowUp(user_id=user_id, account_id=account_id))
    AccountItem(user_id, AccountItem.at(account_id)).update(
        actions=[AccountItem.handle.set(handle)]
    )
    follow_account(user_id, account_id)
