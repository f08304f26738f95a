"""Credits for accounts that are added, woken or upgraded within a billing period."""

from __future__ import annotations

from chalicelib.accounts.tracked import Tracked
from chalicelib.billing import credits, grants
from chalicelib.billing.plans import LIVE


def grant_due(user_id: int) -> None:
    """Grant what the awake accounts are due in this period, each account and step up once."""
    tracked = Tracked.read(user_id)
    owner = tracked.owner
    if owner.status in LIVE and owner.period_start is not None:
        credits.grant_all(
            user_id,
            [
                due
                for account in tracked.accounts.values()
                if account.is_awake
                for due in grants.due(account.account_id, account.tier, owner.period_start)
            ],
        )
