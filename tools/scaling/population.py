"""Who is due in the same minute: users, their accounts, and how many people are new there."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from chalicelib.billing.plans import PLANS

STREAMS = 10_000
WHALE = 0
"""The one user with very many large accounts, all read for the first time."""
WHALE_ACCOUNTS = 50
WHALE_FOLLOWERS = 1_000_000
STANDS_STILL = 0.3
"""Accounts whose follower count did not move since the last sync."""
NEW_MEAN, SPREAD_OF_NEW = 20.0, 1.0
"""New followers since the last sync where there are any; log-normal."""
LIKES_MOVED = 0.25
"""Share of an account's recent posts that were liked since the last sync."""
_TIERS = (("starter", 0.6), ("growth", 0.25), ("pro", 0.15))
_MOST_STREAMS = 25


@dataclass(frozen=True, slots=True)
class Account:
    """One stream's account at the moment of its sync."""

    user: int
    new: int
    """People that the sync reads as new."""
    is_first: bool = False
    """Nobody is known yet, so there is no streak of known people to look for."""
    liked_posts: int = 0
    """Calls for recent posts and for likers of those whose likes moved."""


def everybody(chance: random.Random) -> list[Account]:
    """The accounts in the order in which their schedules are held; the whale's among them."""
    accounts = [
        Account(WHALE, min(WHALE_FOLLOWERS, PLANS["pro"].followers_per_sync), is_first=True)
        for _ in range(WHALE_ACCOUNTS)
    ]
    user = WHALE
    while len(accounts) < STREAMS:
        user += 1
        tier = chance.choices([name for name, _ in _TIERS], [share for _, share in _TIERS])[0]
        streams = min(_MOST_STREAMS, int(chance.paretovariate(1.2)), STREAMS - len(accounts))
        accounts += [_account(chance, user, tier) for _ in range(streams)]
    return accounts


def _account(chance: random.Random, user: int, tier: str) -> Account:
    plan = PLANS[tier]
    liked = round(plan.liked_posts * LIKES_MOVED) + 1 if plan.liked_posts else 0
    if chance.random() < STANDS_STILL:
        return Account(user, 0, liked_posts=liked)
    middle = math.log(NEW_MEAN) - SPREAD_OF_NEW**2 / 2
    new = int(chance.lognormvariate(middle, SPREAD_OF_NEW)) + 1
    return Account(user, min(new, plan.followers_per_sync), liked_posts=liked)
