"""The caller's own dashboard on the wire."""

from __future__ import annotations

from typing import Annotated

from chalicelib.billing.plans import Status, Tier
from chalicelib.http.schema import Id, Output, Time, named


class MonthlyRetest(Output):
    """Re-tests of the account in this billing period."""

    used: int
    budget: int
    remaining: int
    billing_period_start: Time


class DailySync(Output):
    """Syncs of the account on this UTC day."""

    used: int
    cap: int
    remaining: int


class AccountBudget(Output):
    """What an awake account has left."""

    account_id: Id
    x_handle: str
    tier: Annotated[str, named(Tier)]
    monthly_retest: MonthlyRetest
    daily_sync: DailySync


class Credits(Output):
    """The team's credits for contact look-ups."""

    balance: int
    low_balance_threshold: int
    is_low: bool
    auto_topup_enabled: bool


class Totals(Output):
    """Headroom over all accounts."""

    monthly_retest_remaining: int
    daily_sync_remaining: int


class Me(Output):
    """Who the key belongs to, and every budget."""

    name: str
    email: str
    subscription_status: Annotated[str, named(Status)]
    is_free_tier: bool
    accounts: list[AccountBudget]
    credits: Credits
    totals: Totals
