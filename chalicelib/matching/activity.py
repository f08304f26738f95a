"""How old an account was when it was read, and how much it posted."""

from __future__ import annotations

from typing import Final

from chalicelib.profile import Profile

_SECONDS_PER_DAY: Final = 86_400


def age_days(profile: Profile) -> float | None:
    """Days from creation to `as_of`; None where either is unknown."""
    if profile.created_at is None or profile.as_of is None:
        return None
    return max(0.0, (profile.as_of - profile.created_at).total_seconds() / _SECONDS_PER_DAY)


def posts_per_day(profile: Profile) -> float | None:
    """Posts a day over the whole life of the account, its first day counted as a whole one."""
    days = age_days(profile)
    if days is None or profile.posts is None:
        return None
    return profile.posts / (days + 1)
