"""/me: key check and the one place for all budgets."""

from __future__ import annotations

from datetime import datetime

from chalicelib import clock
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.caller import Caller
from chalicelib.auth.users import UserItem
from chalicelib.billing import budgets
from chalicelib.billing.credits import balance
from chalicelib.billing.plans import FREE, LOW_BALANCE, plan_of
from chalicelib.http.router import Router
from chalicelib.me.schemas import (
    AccountBudget,
    Credits,
    DailySync,
    Me,
    MonthlyRetest,
    Totals,
)
from chalicelib.streams.workspace import Workspace

router = Router()


@router.get("/me")
def get_me(caller: Caller) -> Me:
    """Show who the key belongs to, with accounts, budgets and credits."""
    found, now = Workspace.read(caller.user_id, last="self"), clock.now()
    user = found.owner
    accounts = [
        _budget(account, user, now)
        for _, account in sorted(found.accounts.items(), reverse=True)
        if account.is_awake
    ]
    return Me(
        name=user.name,
        email=user.email,
        subscription_status=user.status,
        is_free_tier=user.status == FREE,
        accounts=accounts,
        credits=_credits(user),
        totals=Totals(
            monthly_retest_remaining=sum(a.monthly_retest.remaining for a in accounts),
            daily_sync_remaining=sum(a.daily_sync.remaining for a in accounts),
        ),
    )


def _credits(user: UserItem) -> Credits:
    if not user.has_team:
        return Credits(balance=0, low_balance_threshold=0, is_low=True, auto_topup_enabled=False)
    left = balance(user)
    return Credits(
        balance=left,
        low_balance_threshold=LOW_BALANCE,
        is_low=left <= LOW_BALANCE,
        auto_topup_enabled=False,
    )


def _budget(account: AccountItem, user: UserItem, now: datetime) -> AccountBudget:
    plan = plan_of(user.status, account.tier)
    start = budgets.period_start(user.period_start, now)
    retest = budgets.retests(account.retest_period, account.retests_used, plan.retests, start)
    sync = budgets.daily_syncs(account.slot_triggers, plan.daily_syncs, now)
    return AccountBudget(
        account_id=account.account_id,
        x_handle=account.handle,
        tier=account.tier,
        monthly_retest=MonthlyRetest(
            used=retest.used,
            budget=retest.cap,
            remaining=retest.remaining,
            billing_period_start=start,
        ),
        daily_sync=DailySync(used=sync.used, cap=sync.cap, remaining=sync.remaining),
    )
