"""How many slots of each tier a subscription must hold."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing import slots
from chalicelib.billing.plans import TIERS
from chalicelib.billing.slots import Seat

TIER = st.sampled_from(TIERS)
QUANTITIES = st.dictionaries(TIER, st.integers(0, 5))
SEATS = st.lists(st.builds(Seat, TIER, st.none() | TIER), max_size=8)


@pytest.mark.parametrize(
    ("paid", "seats", "held"),
    [
        ({}, [], {}),
        ({}, ["pro"], {"pro": 1}),
        ({"starter": 2}, ["starter"], {"starter": 2}),
        ({"starter": 1}, ["starter", "starter"], {"starter": 2}),
        ({"starter": 1}, ["pro"], {"starter": 1, "pro": 1}),
        ({"starter": 0}, [], {"starter": 0}),
    ],
)
def test_held(paid: dict[str, int], seats: list[str], held: dict[str, int]) -> None:
    assert slots.held(paid, map(Seat, seats)) == held


@pytest.mark.parametrize(
    ("paid", "seats", "later"),
    [
        ({"pro": 1}, [Seat("pro")], None),
        ({"pro": 1}, [Seat("pro", "starter")], {"starter": 1, "pro": 0}),
        ({"pro": 2}, [Seat("pro", "growth"), Seat("pro")], {"growth": 1, "pro": 1}),
        ({"pro": 1, "growth": 1}, [Seat("pro", "growth")], {"growth": 1, "pro": 0}),
        ({"pro": 3}, [Seat("pro", "growth")], {"growth": 1, "pro": 2}),
    ],
)
def test_held_from_the_periods_end(
    paid: dict[str, int], seats: list[Seat], later: dict[str, int] | None
) -> None:
    assert slots.held_later(paid, seats) == later


@pytest.mark.parametrize(
    ("paid", "seats", "added", "free"),
    [
        ({"starter": 2}, ["starter"], ["starter", "starter"], [True, False]),
        ({"starter": 1}, [], ["pro", "starter"], [False, True]),
        ({}, [], [], []),
    ],
)
def test_free_slots_go_first_come_first_served(
    paid: dict[str, int], seats: list[str], added: list[str], free: list[bool]
) -> None:
    assert slots.are_free(paid, map(Seat, seats), added) == free


@given(QUANTITIES, SEATS)
def test_everybody_is_seated_and_nothing_paid_for_is_lost(
    paid: dict[str, int], seats: list[Seat]
) -> None:
    held = slots.held(paid, seats)
    taken = Counter(seat.tier for seat in seats)
    assert all(held.get(tier, 0) == max(paid.get(tier, 0), taken[tier]) for tier in TIERS)
    assert slots.held(held, seats) == held


@given(QUANTITIES, SEATS)
def test_a_pending_downgrade_moves_slots_and_seats_everybody(
    paid: dict[str, int], seats: list[Seat]
) -> None:
    now = slots.held(paid, seats)
    later = slots.held_later(now, seats)
    assert (later is None) is not any(seat.pending for seat in seats)
    if later is not None:
        taken = Counter(seat.pending or seat.tier for seat in seats)
        assert all(later.get(tier, 0) >= taken[tier] for tier in TIERS)
        assert sum(later.values()) <= sum(now.values()) + sum(1 for s in seats if s.pending)


@given(QUANTITIES, TIER)
def test_released_is_one_fewer_and_never_negative(paid: dict[str, int], tier: str) -> None:
    left = slots.released(paid, tier)
    assert left[tier] == max(0, paid.get(tier, 0) - 1)
    assert {t: n for t, n in left.items() if t != tier} == {
        t: n for t, n in paid.items() if t != tier
    }
