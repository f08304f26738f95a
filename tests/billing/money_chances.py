"""How often the user of the model test does what, and dies over it."""

from __future__ import annotations

import random

from tests.billing.dying import Death

WEIGHTS = {
    "create": 8,
    "wake": 8,
    "sleep": 8,
    "change_tier": 10,
    "turn": 6,
    "checkout": 4,
    "portal": 4,
    "wait": 5,
    "fault": 5,
    "events": 8,
    "lose": 3,
    "work": 4,
    "run": 5,
    "look_up": 4,
    "heal": 3,
}
"""How often each action is taken, against the others."""
KINDS = ("refuse", "fail", "fail_after", "drop", "drop_after")


def chance_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - hypothesis must be able to repeat it


def death_by(chance: random.Random) -> Death | None:
    """In one action of two the process dies, if the action makes so many calls."""
    if chance.random() < 0.5:
        return None
    when = chance.choice(["before", "after"])
    if chance.random() < 0.6:  # at Stripe, where dying hurts most
        return Death(when, chance.choice([1, 1, 2, 3]), only="POST /v1/")
    return Death(when, chance.randint(1, 22))
