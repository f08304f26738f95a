"""The shares of a description that count as fitting it, and how a user's feedback moves them.

Only descriptions have a scale that can be moved: tiers, genders and labels are exact conditions
(contract 3.9). The shift is STEP * (bad - good) / (good + bad + CAUTION), at most MOST_SHIFT either
way, and nothing before FEWEST verdicts: a few clicks must not empty or flood a stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SATISFIED_FROM: Final = 0.8
"""Share of the asked weight from which a profile fits the description."""
PARTLY_FROM: Final = 0.3
"""Share from which it fits in part: with one label or word of the description at least."""
STEP: Final = 0.2
CAUTION: Final = 10
"""Verdicts that the first ones must outweigh."""
MOST_SHIFT: Final = 0.1
FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shares from 0 to 1; `why` tells a customer of a shift, and is empty without one."""

    satisfied: float = SATISFIED_FROM
    partly: float = PARTLY_FROM
    why: str = ""


def after_feedback(good: int, bad: int) -> Thresholds:
    """The thresholds of a segment whose leads were called good and bad so often."""
    if good + bad < FEWEST:
        return Thresholds()
    unbounded = STEP * (bad - good) / (good + bad + CAUTION)
    shift = round(min(max(unbounded, -MOST_SHIFT), MOST_SHIFT), 3)
    if not shift:
        return Thresholds()
    closely = "more" if shift > 0 else "less"
    why = f"had to fit {closely} closely after your feedback ({good} good, {bad} bad)"
    return Thresholds(round(SATISFIED_FROM + shift, 3), round(PARTLY_FROM + shift, 3), why)
