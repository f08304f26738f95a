"""Bots of several sorts, from the silent egg to the one that says what it is."""

from __future__ import annotations

from dataclasses import dataclass

from localdev.xworld.invention.account import Invented, figures, fill, link
from localdev.xworld.invention.dice import Dice
from localdev.xworld.invention.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class _Sort:
    """A sort of bot: the lowest and highest of each figure."""

    name: str
    following: tuple[int, int]
    followers: tuple[int, int]
    tweets: tuple[int, int]
    days: tuple[int, int]
    default_image: float


_SORTS = (
    _Sort("egg", (300, 4_900), (0, 12), (0, 4), (5, 200), 0.8),
    _Sort("egg", (300, 4_900), (0, 12), (0, 4), (5, 200), 0.8),
    _Sort("giveaway", (800, 5_000), (20, 900), (3_000, 90_000), (20, 900), 0.1),
    _Sort("followback", (4_000, 30_000), (4_000, 32_000), (500, 9_000), (100, 2_500), 0.02),
    _Sort("declared", (0, 5), (20, 20_000), (8_000, 900_000), (200, 4_000), 0.1),
    _Sort("link", (900, 5_000), (5, 200), (5, 200), (6, 300), 0.1),
    _Sort("affiliate", (1_000, 6_000), (100, 3_000), (10_000, 200_000), (60, 1_800), 0.1),
)


def bot(dice: Dice) -> Invented:
    """An automated account; `trade` says of which sort."""
    sort = dice.pick(_SORTS)
    language, bio = _bio(dice, sort.name)
    first = dice.pick(vocabulary().names("en" if language == "en" else "es", dice.pick(("f", "m"))))
    account = Invented(kind="bot", trade=sort.name, language=language, stem=first["latin"][:7])
    account.digits = "_bot" if sort.name == "declared" else str(dice.between(10**4, 10**8 - 1))
    account.shown = {
        "name": _shown_name(dice, sort.name, first["text"]),
        "bio": bio,
        "location": fill("{nowhere}", dice, language=language) if dice.chance(0.2) else None,
        "url": link(dice) if sort.name in ("link", "affiliate", "giveaway") else None,
        **figures(
            dice,
            followers=dice.between(*sort.followers),
            following=dice.between(*sort.following),
            tweets=dice.between(*sort.tweets),
            days=dice.between(*sort.days),
        ),
        "blueVerified": sort.name == "giveaway" and dice.chance(0.2),
        "defaultAvatar": dice.chance(sort.default_image),
        "protected": False,
    }
    return account


def _bio(dice: Dice, sort: str) -> tuple[str, str | None]:
    language = "es" if dice.chance(0.12) else "en"
    phrases = vocabulary().phrases
    options = [row for row in phrases["bot", language] if row["key"] == sort]
    if not options:
        language = "en"
        options = [row for row in phrases["bot", "en"] if row["key"] == sort]
    if not options:
        return language, None
    return language, fill(dice.pick(options)["text"], dice, language=language)


def _shown_name(dice: Dice, sort: str, first: str) -> str:
    names = {
        "declared": fill("{topic} bot", dice, language="en"),
        "giveaway": f"{first} 🚀 GIVEAWAY",
        "followback": f"★ {first.upper()} ★ F4F",
        "egg": f"{first}{dice.between(100, 99_999)}",
    }
    return names.get(sort, first)
