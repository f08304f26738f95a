"""A small X for tests: 120 invented followers of `@orbitdesk`, a third of whom build software."""

from __future__ import annotations

from typing import Any

from localdev.xworld.person import Person, people_of

BIOS = (
    "Software engineer. I write backend services in Python.",
    "Founder and CEO of a small SaaS company.",
    "Primary school teacher and mother of two.",
    "Nurse at the county hospital. Coffee first.",
    "Just here for the football.",
    "Photographer. Weddings and portraits.",
)
FOLLOWERS = 120
MATCHING = 40
"""Followers whose bio names an engineer or a founder."""


def a_small_world() -> list[Person]:
    """The followers, oldest first as a world file lists them."""
    return people_of(_row(number) for number in range(FOLLOWERS))


def _row(number: int) -> dict[str, Any]:
    return {
        "id": str(500_000 + number),
        "handle": f"person_{number:03d}",
        "name": f"Person Number{number}",
        "bio": BIOS[number % len(BIOS)],
        "followers": 150 + number,
        "following": 200,
        "tweets": 900,
        "listed": 3,
        "createdAt": "2015-02-03T10:00:00Z",
        "asOf": "2026-11-20T00:00:00Z",
        "verified": False,
        "defaultAvatar": False,
        "url": None,
        "location": None,
    }
