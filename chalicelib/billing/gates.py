"""The paywall as pure functions: each returns nothing or raises the code that a caller sees."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.billing.plans import FREE, FREE_ACCOUNTS, LIVE, plan_of
from chalicelib.errors import (
    FreeAccountLimit,
    StreamCapExceeded,
    SubscriptionRequired,
)


def require_not_lapsed(status: str) -> None:
    """A lapsed subscription stops what costs money; free users have none to lapse."""
    if status != FREE and status not in LIVE:
        raise SubscriptionRequired


def require_subscription(status: str) -> None:
    """What only subscribers have; a lapsed subscription counts as none."""
    if status not in LIVE:
        raise SubscriptionRequired


def gate_new_tiers(status: str, tiers: Iterable[str]) -> None:
    """Tiers above starter come with a subscription."""
    if status == FREE and any(tier != "starter" for tier in tiers):
        raise SubscriptionRequired("Tiers above starter come with a subscription.")


def gate_free_accounts(status: str, accounts: int) -> None:
    """A free user tracks one account, asleep or awake, and wakes no second one.

    `accounts` is the count after the change.
    """
    if status == FREE and accounts > FREE_ACCOUNTS:
        raise FreeAccountLimit


def gate_stream_cap(status: str, handle: str, tier: str, automated: int) -> None:
    """`automated` counts the account's distinct automated streams after the change."""
    cap = plan_of(status, tier).automated_streams
    if automated > cap:
        raise StreamCapExceeded(
            f"@{handle} would be in {automated} automated streams; its tier allows {cap}."
        )
