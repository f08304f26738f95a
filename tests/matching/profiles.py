"""Invented people, brands and bots for the tests of the judgement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chalicelib.profile import Profile

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def made_up(**known: Any) -> Profile:
    """A profile of which only `known` is known."""
    return Profile(**{"id": "9001", "handle": "zxq", "as_of": AS_OF, **known})


def ordinary(**changed: Any) -> Profile:
    """Somebody whom nobody would call a bot."""
    known: dict[str, Any] = {
        "handle": "noorhaddad",
        "name": "Noor Haddad",
        "bio": "Operations lead at Orbit Desk. Cyclist, reader, mother of two.",
        "location": "Utrecht",
        "followers": 412,
        "following": 530,
        "posts": 2_950,
        "listed": 4,
        "created_at": datetime(2019, 3, 4, tzinfo=UTC),
        "verified": False,
        "default_image": False,
    }
    return made_up(**(known | changed))
