"""What a subscription means for accounts and credits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.billing import grants
from chalicelib.billing.plans import PLANS
from chalicelib.settlement.rules import Awake, Subscription, seated, speaks_for

START = datetime(2026, 7, 3, tzinfo=UTC)


def _subscription(subscription_id: str, status: str) -> Subscription:
    return Subscription(
        subscription_id=subscription_id,
        customer_id="cus_1",
        status=status,
        slots={},
        later=None,
        ends_with_period=False,
        period_start=START,
        is_paid=True,
        is_ours=True,
    )


@pytest.mark.parametrize(
    ("known", "status", "found", "now", "speaks"),
    [
        (None, "free_user", "a", "active", True),
        (None, "active", "a", "active", True),
        (None, "free_user", "a", "incomplete", False),
        ("a", "active", "a", "canceled", True),
        ("a", "canceled", "b", "active", True),
        ("a", "canceled", "b", "incomplete_expired", False),
        ("a", "active", "b", "canceled", False),
        ("a", "active", "b", "active", False),
        ("a", "unpaid", "b", "trialing", True),
    ],
)
def test_which_subscription_speaks_for_a_user(
    known: str | None, status: str, found: str, now: str, speaks: bool
) -> None:
    given = _subscription(found, now)
    assert speaks_for(given, known_id=known, known_status=status) is speaks


@pytest.mark.parametrize(
    ("tiers", "slots", "expected"),
    [
        ([], {"pro": 1}, []),
        (["starter"], {"growth": 1}, ["growth"]),
        (["pro", "pro", "pro"], {"growth": 2}, ["growth", "growth", None]),
        (["starter", "growth"], {"growth": 1, "starter": 1}, ["starter", "growth"]),
        (["starter"], {}, [None]),
        (["starter"], {"pro": 5}, ["pro"]),
    ],
)
def test_who_gets_a_slot(
    tiers: list[str], slots: dict[str, int], expected: list[str | None]
) -> None:
    awake = [Awake(number, tier) for number, tier in enumerate(tiers)]
    assert list(seated(awake, slots).values()) == expected


@pytest.mark.parametrize("tier", PLANS)
def test_the_steps_of_a_tier_add_up_to_its_credits(tier: str) -> None:
    assert sum(amount for _, amount in grants.due(1, tier, START)) == PLANS[tier].credits


def test_an_upgrade_grants_the_difference() -> None:
    before, after = dict(grants.due(1, "starter", START)), dict(grants.due(1, "pro", START))
    added = sum(amount for key, amount in after.items() if key not in before)
    assert added == PLANS["pro"].credits - PLANS["starter"].credits


def test_there_is_no_grant_for_an_unknown_tier() -> None:
    with pytest.raises(ValueError, match="gold"):
        grants.due(1, "gold", START)
