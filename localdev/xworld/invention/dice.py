"""Seeded chance that gives the same numbers on every Python: all of it drawn from random()."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of draws that depends on its seed only."""

    def __init__(self, seed: int | str) -> None:
        # random() is the one method whose numbers Python promises to keep between versions.
        self._draw = random.Random(seed).random

    def chance(self, share: float) -> bool:
        """True in `share` (0..1) of all draws."""
        return self._draw() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all as likely as each other."""
        return options[int(self._draw() * len(options))]

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._draw() * (high - low + 1))

    def skewed(self, median: float, spread: float) -> int:
        """A log-normal count: half of all draws lie under `median`; `spread` is the sigma."""
        # Six uniform draws, centred and scaled to variance 1, are normal enough here.
        bell = (sum(self._draw() for _ in range(6)) - 3) * math.sqrt(2)
        return int(median * math.exp(spread * bell))
