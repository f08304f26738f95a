"""Companies, shops, clubs, papers and public bodies that keep an account."""

from __future__ import annotations

import re

from localdev.xworld.invention.account import Invented, company, figures, link
from localdev.xworld.invention.dice import Dice
from localdev.xworld.invention.vocabulary import vocabulary

_LANGUAGES = (*("en",) * 12, *("es",) * 6, "pt", "fr", "de", "it", "tr", "in", "ja")


def brand(dice: Dice) -> Invented:
    """An organisation; `trade` says of which sort."""
    words = vocabulary()
    language = dice.pick(_LANGUAGES)
    said = dice.pick(words.phrases["brand", language])
    known = {
        "company": company(dice),
        # Latin letters only: the handle is made of the name.
        "city": dice.pick(words.names("en" if language == "ja" else language, "city"))["text"],
    }
    known["domain"] = known["company"].lower() + ".example"
    pattern = next(row for row in words.phrases["brandname", "*"] if row["key"] == said["key"])
    name = words.fill(pattern["text"], dice, language=language, gender="", **known)
    account = Invented(kind="brand", trade=said["key"], language=language, stem=_stem(name, known))
    business = dice.chance(0.12)
    account.shown = {
        "name": name,
        "bio": None
        if dice.chance(0.03)
        else words.fill(said["text"], dice, language=language, gender="", **known),
        "location": known["city"] if dice.chance(0.7) else None,
        "url": link(dice) if dice.chance(0.8) else None,
        **figures(
            dice,
            followers=dice.skewed(1_800, 2.2),
            following=dice.skewed(300, 1.1),
            tweets=dice.skewed(2_600, 1.2),
            days=dice.between(60, 6_400),
        ),
        "blueVerified": business or dice.chance(0.15),
        "verifiedType": ("Government" if said["key"] == "public" else "Business")
        if business
        else None,
        "defaultAvatar": dice.chance(0.02),
        "protected": False,
    }
    return account


def _stem(name: str, known: dict[str, str]) -> str:
    latin = re.sub(r"[^a-z]", "", name.lower())
    return latin if len(latin) > 3 else known["company"].lower()
