"""The paywall as tables: every plan, every subscription status, at the limit and beyond it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from chalicelib.billing import budgets, gates, grants
from chalicelib.billing.plans import FREE, LIVE, PLANS, TIERS, Status, plan_of
from chalicelib.errors import (
    ApiError,
    FreeAccountLimit,
    InvalidRequest,
    StreamCapExceeded,
    StreamMultiSegment,
    SubscriptionRequired,
)
from chalicelib.streams import rules

NOW = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
STATUSES = get_args(Status)
LAPSED = {"canceled", "unpaid", "incomplete", "incomplete_expired", "paused"}


def refused(error: type[ApiError] | None) -> Any:
    """What an action does that is refused with this error, or with none."""
    return pytest.raises(error) if error else nullcontext()


def test_the_pricing_page() -> None:
    shown = {
        tier: (
            plan.daily_syncs,
            plan.retests,
            plan.automated_streams,
            plan.credits,
            plan.followers_per_sync,
        )
        for tier, plan in {"free": plan_of(FREE, "starter"), **PLANS}.items()
    }
    assert shown == {
        "free": (1, 0, 1, 10, 200),
        "starter": (1, 12, 3, 50, 200),
        "growth": (2, 30, 10, 200, 1000),
        "pro": (4, 100, 25, 600, 5000),
    }
    assert {FREE} | LIVE | LAPSED == set(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_statuses(status: str) -> None:
    with refused(SubscriptionRequired if status in LAPSED else None):
        gates.require_not_lapsed(status)
    with refused(None if status in LIVE else SubscriptionRequired):
        gates.require_subscription(status)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("tier", TIERS)
def test_new_tiers(status: str, tier: str) -> None:
    with refused(SubscriptionRequired if status == FREE and tier != "starter" else None):
        gates.gate_new_tiers(status, ["starter", tier])


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("accounts", [0, 1, 2, 100])
def test_accounts_of_free_users(status: str, accounts: int) -> None:
    with refused(FreeAccountLimit if status == FREE and accounts > 1 else None):
        gates.gate_free_accounts(status, accounts)


@pytest.mark.parametrize(
    ("status", "tier", "cap"),
    [
        (FREE, "starter", 1),
        ("active", "starter", 3),
        ("past_due", "growth", 10),
        ("trialing", "pro", 25),
        ("canceled", "pro", 25),
    ],
)
def test_automated_streams_of_an_account(status: str, tier: str, cap: int) -> None:
    gates.gate_stream_cap(status, "orbitdesk", tier, cap)
    with pytest.raises(StreamCapExceeded, match=f"@orbitdesk .* allows {cap}"):
        gates.gate_stream_cap(status, "orbitdesk", tier, cap + 1)


@pytest.mark.parametrize("most", [1, 2, 4])
def test_sync_times_of_a_stream(most: int) -> None:
    times = ["06:00", "09:15", "12:30", "18:45", "21:00"]
    rules.refuse_too_many_times(times[:most], most)
    with pytest.raises(InvalidRequest) as caught:
        rules.refuse_too_many_times(times[: most + 1], most)
    assert caught.value.body["details"][0]["field"] == "syncTimes"


@pytest.mark.parametrize(
    ("distinct", "allowed", "error"),
    [
        (1, 1, None),
        (2, 1, StreamMultiSegment),
        (3, 3, None),
        (4, 3, StreamMultiSegment),
    ],
)
def test_segments_of_a_stream(distinct: int, allowed: int, error: type[ApiError] | None) -> None:
    with refused(error):
        rules.refuse_too_many_segments(distinct, allowed)


@pytest.mark.parametrize(
    ("triggers", "cap", "left"),
    [
        ([], 1, 1),
        (["2026-07-05T00:00:00Z"], 1, 0),
        (["2026-07-04T23:59:59Z", "2026-07-06T00:00:00Z#905"], 1, 1),
        (["2026-07-05T06:15:00Z", "2026-07-05T06:15:01Z#905", "2026-07-05T23:59:59Z"], 4, 1),
        (["2026-07-05T06:15:00Z", "2026-07-05T06:15:01Z#905", "2026-07-05T23:59:59Z"], 1, 0),
    ],
)
def test_daily_syncs(triggers: list[str], cap: int, left: int) -> None:
    assert budgets.daily_syncs(triggers, cap, NOW).remaining == left


def test_syncs_are_counted_for_as_long_as_triggers_of_the_day_may_come() -> None:
    ahead, today = "2026-07-06T00:00:01Z#905", "2026-07-05T00:00:00Z"
    yesterday, before = "2026-07-04T00:00:00Z#905", "2026-07-03T23:59:59Z"
    found = budgets.still_counted([before, yesterday, today, ahead], NOW)
    assert found == [yesterday, today, ahead]


@pytest.mark.parametrize(
    ("period", "used", "cap", "left"),
    [
        (None, 0, 12, 12),
        ("2026-07-03T00:00:00Z", 12, 12, 0),
        ("2026-06-03T00:00:00Z", 12, 12, 12),
        ("2026-07-03T00:00:00Z", 40, 12, 0),
        ("2026-07-03T00:00:00Z", 0, 0, 0),
    ],
)
def test_retests(period: str | None, used: int, cap: int, left: int) -> None:
    start = datetime(2026, 7, 3, tzinfo=UTC)
    assert budgets.retests(period, used, cap, start).remaining == left


@pytest.mark.parametrize(
    ("tier", "steps"), [("starter", [50]), ("growth", [50, 150]), ("pro", [50, 150, 400])]
)
def test_grants(tier: str, steps: list[int]) -> None:
    due = grants.due(31, tier, NOW)
    assert [amount for _, amount in due] == steps
    assert len({key for key, _ in due}) == len(steps)
    assert sum(steps) == PLANS[tier].credits
