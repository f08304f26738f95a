"""Paid account slots as arithmetic: how many of each tier a subscription must hold. Pure.

A quantity is what Stripe is paid for; awake accounts take slots of their tier, and what is bought
ahead stays free (docs of the API, section 3.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.billing.plans import TIERS

Quantities = Mapping[str, int]
"""Slots by tier; a tier that is not there has none."""


class Seat(NamedTuple):
    """What an awake account takes: a slot now, and another one from the period's end on."""

    tier: str
    pending: str | None = None


def held(slots: Quantities, seats: Iterable[Seat]) -> dict[str, int]:
    """The least quantities that seat everybody without giving up a slot that is paid for."""
    taken = Counter(seat.tier for seat in seats)
    most = {tier: max(slots.get(tier, 0), taken[tier]) for tier in TIERS}
    return {tier: number for tier, number in most.items() if number or tier in slots}


def released(slots: Quantities, tier: str) -> dict[str, int]:
    """The quantities with one slot of the tier fewer."""
    return {**slots, tier: max(0, slots.get(tier, 0) - 1)}


def held_later(slots: Quantities, seats: Sequence[Seat]) -> dict[str, int] | None:
    """The quantities from the period's end on; None when no downgrade is pending."""
    left = dict(slots)
    for seat in seats:
        if seat.pending:
            left = released(left, seat.tier)
    later = held(left, [Seat(seat.pending or seat.tier) for seat in seats])
    return later if any(seat.pending for seat in seats) else None


def are_free(slots: Quantities, seats: Iterable[Seat], added: Iterable[str]) -> list[bool]:
    """For each tier that is added, in order, whether a paid slot of it was free."""
    taken = Counter(seat.tier for seat in seats)
    found = []
    for tier in added:
        taken[tier] += 1
        found.append(taken[tier] <= slots.get(tier, 0))
    return found
