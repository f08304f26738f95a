"""The follower tier of a profile: contract 2.6, where the lower bound belongs to the tier."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

LOWER_BOUNDS: Final = (1_000, 10_000, 100_000, 1_000_000)
"""Followers at which the next tier begins."""

FOLLOWER_TIERS: Final = ("under_1k", "1k_to_10k", "10k_to_100k", "100k_to_1m", "over_1m")


def follower_tier(followers: int | None) -> str | None:
    """The tier of a follower count; None where the count is not known."""
    if followers is None:
        return None
    return FOLLOWER_TIERS[bisect_right(LOWER_BOUNDS, followers)]
