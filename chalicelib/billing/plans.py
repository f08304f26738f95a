"""The pricing page as data. Every number of a plan is here and nowhere else."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, NamedTuple

from chalicelib.settings import settings

Tier = Literal["starter", "growth", "pro"]
Status = Literal[
    "free_user",
    "active",
    "trialing",
    "past_due",
    "canceled",
    "unpaid",
    "incomplete",
    "incomplete_expired",
    "paused",
]

FREE = "free_user"
LIVE = frozenset({"active", "trialing", "past_due"})
"""Subscription states in which everything works."""
ENDED = frozenset({"canceled", "incomplete_expired"})
"""Subscription states that Stripe never leaves again."""

SEGMENTS_PER_STREAM = 1
LOW_BALANCE = 10
"""Credits at or below which the balance counts as low."""


class Plan(NamedTuple):
    """What one tracked account of a tier may do."""

    daily_syncs: int
    retests: int
    """Per billing period."""
    automated_streams: int
    credits: int
    """Granted per billing period; on the free plan once per user."""
    followers_per_sync: int
    liked_posts: int = 0
    """Recent posts of an account whose likers a sync reads."""


_FREE_PLAN = Plan(daily_syncs=1, retests=0, automated_streams=1, credits=10, followers_per_sync=200)
PLANS = MappingProxyType(
    {
        "starter": Plan(
            daily_syncs=1, retests=12, automated_streams=3, credits=50, followers_per_sync=200
        ),
        "growth": Plan(
            daily_syncs=2,
            retests=30,
            automated_streams=10,
            credits=200,
            followers_per_sync=1000,
            liked_posts=5,
        ),
        "pro": Plan(
            daily_syncs=4,
            retests=100,
            automated_streams=25,
            credits=600,
            followers_per_sync=5000,
            liked_posts=20,
        ),
    }
)
TIERS = tuple(PLANS)
"""From the least to the most."""
FREE_ACCOUNTS = 1
"""Accounts that a free user may track, sleeping ones included."""


def plan_of(status: str, tier: str) -> Plan:
    """The plan of an account: its tier's, or the free one while its owner is a free user."""
    return _FREE_PLAN if status == FREE else PLANS[tier]


def followers_cap(plan: Plan) -> int:
    """Followers that one sync may read; a setting may replace it for measurements."""
    return settings().baseline_cap or plan.followers_per_sync
