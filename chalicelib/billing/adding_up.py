"""Whether a team's credits are what its ledger says. Looked at every night, for every user.

Nothing is put right here: a balance that does not add up is a fault of ours, and says which by its
ledger (docs/runbook/credit-drift.md).
"""

from __future__ import annotations

from chalicelib import telemetry
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.telemetry import logger

_LOOKS = 3
"""A balance that moves under each of them belongs to a busy user; the next night looks again."""


def add_up(user_id: int) -> int:
    """Credits that the user has beyond what the ledger explains; below zero: that are missing.

    0 for a user who is gone, or whose credits moved at every look. Reads the whole ledger: some
    10,000 entries a query, a read unit for 50 of them.
    """
    for _ in range(_LOOKS):
        before = UserItem.find(user_id, SELF)
        entries = [row.amount for row in LedgerItem.query(user_id, consistent_read=True)]
        after = UserItem.find(user_id, SELF)
        if before is None or after is None:
            return 0
        if _state(before) == _state(after):
            return _reported(user_id, _held(after) - after.opening - sum(entries))
    return 0


def _reported(user_id: int, drift: int) -> int:
    if drift:
        telemetry.count("CreditsDrifted", abs(drift))
        logger.warning("credits do not add up", extra={"user_id": user_id, "beyond": drift})
    return drift


def _held(user: UserItem) -> int:
    """The balance and what is set aside."""
    return int(user.credits) + sum(int(hold["amount"]) for hold in user.holds.as_dict().values())


def _state(user: UserItem) -> tuple[int, int, set[str]]:
    """Changes with every entry of the ledger: grants only ever rise, and no hold comes back."""
    return user.credits, user.granted, set(user.holds.as_dict())
