"""Follower tiers: every edge of contract 2.6."""

from __future__ import annotations

import pytest

from chalicelib.matching.tiers import FOLLOWER_TIERS, LOWER_BOUNDS, follower_tier


@pytest.mark.parametrize(
    ("followers", "tier"),
    [
        (None, None),
        (0, "under_1k"),
        (999, "under_1k"),
        (1_000, "1k_to_10k"),
        (9_999, "1k_to_10k"),
        (10_000, "10k_to_100k"),
        (99_999, "10k_to_100k"),
        (100_000, "100k_to_1m"),
        (999_999, "100k_to_1m"),
        (1_000_000, "over_1m"),
        (250_000_000, "over_1m"),
    ],
)
def test_the_lower_bound_belongs_to_the_tier(followers: int | None, tier: str | None) -> None:
    assert follower_tier(followers) == tier


def test_each_bound_opens_a_tier() -> None:
    assert len(FOLLOWER_TIERS) == len(LOWER_BOUNDS) + 1
