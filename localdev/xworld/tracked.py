"""The accounts that every world has for tracking, whatever its file holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from localdev.xworld.person import Person, person_of

_FEW = 12

_OPENED = {"createdAt": "2014-03-11T09:30:00Z", "asOf": "2026-11-20T00:00:00Z"}
_BRAND = {"following": 420, "tweets": 3_150, "listed": 61, "likes": 2_210, "defaultAvatar": False}

ACCOUNTS: tuple[dict[str, Any], ...] = (
    {
        "id": "2381904417",
        "handle": "orbitdesk",
        "name": "Orbitdesk",
        "bio": "The operations desk for small teams. Status and releases",
        "location": "Lisbon",
        "blueVerified": True,
        "verifiedType": "Business",
    },
    {
        "id": "2381904425",
        "handle": "tidewater",
        "name": "Tidewater",
        "bio": "Scheduling for field crews. We answer on weekdays",
        "location": "Bristol",
        "blueVerified": True,
    },
    {
        "id": "2381904433",
        "handle": "fernhill_labs",
        "name": "Fernhill Labs",
        "bio": "Open data tools for makers",
        "blueVerified": False,
    },
    {
        "id": "2381904441",
        "handle": "smallharbor",
        "name": "Small Harbor",
        "bio": "A very small newsletter about harbors",
    },
    {
        "id": "2381904459",
        "handle": "emptylot",
        "name": "Empty Lot",
        "bio": "Nobody follows this account",
        "followers": 0,
    },
    {
        "id": "2381904467",
        "handle": "lockedgarden",
        "name": "Locked Garden",
        "bio": "For friends only",
        "protected": True,
    },
    {
        "id": "2381904475",
        "handle": "gonecomet",
        "name": "Gone Comet",
        "suspended": True,
    },
    {
        "id": "2381904483",
        "handle": "grandmeridian",
        "name": "Grand Meridian",
        "bio": "A hotel group with a million followers, all of them by formula",
        "blueVerified": True,
        "followers": 1_000_000,
    },
)

_FOLLOWED_BY_ALL = ("orbitdesk", "tidewater", "fernhill_labs", "lockedgarden")


def account_rows() -> list[dict[str, Any]]:
    """The accounts as rows of a world file."""
    return [{**_BRAND, **_OPENED, **row} for row in ACCOUNTS]


def with_accounts(people: Sequence[Person]) -> list[Person]:
    """The people of a file, in order, and those tracked accounts that the file lacks.

    Where the file says nothing of who follows whom, everybody follows the tracked accounts and
    the first few follow the small one.
    """
    everybody = list(people)
    if not any(person.follows for person in people):
        everybody = [
            replace(person, follows=_FOLLOWED_BY_ALL + ("smallharbor",) * (number < _FEW))
            for number, person in enumerate(people)
        ]
    handles = {person.handle.lower() for person in people}
    ids = {person.id for person in people}
    for row in account_rows():
        if row["handle"] not in handles and row["id"] not in ids:
            everybody.append(person_of(row, id=row["id"], handle=row["handle"]))
    return everybody
