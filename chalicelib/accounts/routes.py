"""/accounts: the X accounts that a user tracks."""

from __future__ import annotations

from typing import Annotated

from chalicelib import errors, wiring
from chalicelib.accounts import sleeping, tiers
from chalicelib.accounts.schemas import (
    AccountAsleep,
    AccountAwake,
    AccountList,
    TierChange,
    TierChanged,
    shown,
)
from chalicelib.auth.caller import Caller
from chalicelib.http.router import PathId, Router
from chalicelib.streams.workspace import Workspace

router = Router()
AccountId = Annotated[int, PathId(errors.AccountNotFound)]


@router.get("/accounts")
def list_accounts(caller: Caller) -> AccountList:
    """List tracked accounts, awake and sleeping, newest first."""
    found = Workspace.read(caller.user_id)
    segments = found.assigned_segments()
    accounts = [item for _, item in sorted(found.accounts.items(), reverse=True)]
    return AccountList(
        active=[shown(item, segments[item.account_id]) for item in accounts if item.is_awake],
        sleeping=[shown(item, segments[item.account_id]) for item in accounts if not item.is_awake],
    )


@router.post("/accounts/{account_id}/sleep", errors=[errors.AccountNotFound])
def sleep_account(caller: Caller, account_id: AccountId) -> AccountAsleep:
    """Stop syncing and billing an account; its history and its pairs stay."""
    sleeping.sleep(caller.user_id, account_id, follow=wiring.upkeep().soon)
    return AccountAsleep(success=True, account_id=account_id, asleep=True)


@router.post(
    "/accounts/{account_id}/wake",
    errors=[
        errors.AccountNotFound,
        errors.SubscriptionRequired,
        errors.FreeAccountLimit,
        errors.StripeFailed,
    ],
)
def wake_account(caller: Caller, account_id: AccountId) -> AccountAwake:
    """Sync and bill an account again, in a free paid slot or one more."""
    sleeping.wake(
        caller.user_id,
        account_id,
        subscriptions=wiring.subscriptions(),
        follow=wiring.upkeep().soon,
    )
    return AccountAwake(success=True, account_id=account_id, awake=True)


@router.post(
    "/accounts/{account_id}/change-tier",
    errors=[
        errors.AccountNotFound,
        errors.AccountSleeping,
        errors.SubscriptionRequired,
        errors.StripeFailed,
    ],
)
def change_account_tier(caller: Caller, account_id: AccountId, body: TierChange) -> TierChanged:
    """Move an account up at once, or down at the end of the billing period."""
    action = tiers.change_tier(
        caller.user_id,
        account_id,
        body.new_tier,
        subscriptions=wiring.subscriptions(),
        follow=wiring.upkeep().soon,
    )
    found = Workspace.read(caller.user_id)
    account = shown(found.accounts[account_id], found.assigned_segments()[account_id])
    if action != "downgrade_scheduled":
        return TierChanged(account=account, action=action)
    ends = account.pending_tier_effective_at
    return TierChanged(account=account, action=action, effective_at=ends)
