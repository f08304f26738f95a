"""One account out of one seed: 76 % humans, 12 % bots, 12 % brands."""

from __future__ import annotations

from localdev.xworld.invention.account import Invented
from localdev.xworld.invention.bot import bot
from localdev.xworld.invention.brand import brand
from localdev.xworld.invention.dice import Dice
from localdev.xworld.invention.human import human

_MAKERS = (human,) * 19 + (bot,) * 3 + (brand,) * 3


def invent(seed: int | str) -> Invented:
    """The account of this seed, the same on every machine."""
    dice = Dice(seed)
    return dice.pick(_MAKERS)(dice)
