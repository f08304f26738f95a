"""Humans: with a trade, without one, or with nothing to read at all."""

from __future__ import annotations

from localdev.xworld.invention.account import Invented, figures, fill, link
from localdev.xworld.invention.dice import Dice
from localdev.xworld.invention.vocabulary import vocabulary

_LANGUAGES = (
    *("en",) * 46,
    *("es",) * 22,
    *("pt", "fr", "de", "it", "in") * 5,
    *("tr", "ar", "ja") * 2,
    "ru",
)
_SEPARATORS = (". ", " | ", " • ", ", ", "\n", " · ")
_OLDEST_DAYS = 6_400


def human(dice: Dice) -> Invented:
    """A person as X shows one: figures log-normal, bios in the person's language."""
    language = dice.pick(_LANGUAGES)
    gender = dice.pick(("f", "m"))
    first, last = _names(dice, language, gender)
    trade, bio = _bio(dice, language, gender)
    account = Invented(kind="human", trade=trade, gender=gender, language=language, stem="")
    account.stem, account.digits = _handle(dice, first["latin"], last["latin"])
    bare, famous = dice.chance(0.06), dice.chance(0.04)
    account.shown = {
        "name": _shown_name(dice, first["text"], last["text"], trade),
        "bio": bio,
        **_location(dice, language),
        "url": link(dice) if dice.chance(0.28) else None,
        **figures(
            dice,
            followers=dice.skewed(9 if bare else 70_000 if famous else 260, 1.5),
            following=dice.skewed(40 if bare else 340, 0.9),
            tweets=dice.skewed(6 if bare else 1_100, 1.6),
            days=dice.between(6, 120) if bare else dice.between(30, _OLDEST_DAYS),
        ),
        "blueVerified": dice.chance(0.08),
        "defaultAvatar": dice.chance(0.5 if bare else 0.03),
        "protected": dice.chance(0.05),
    }
    return account


def _names(dice: Dice, language: str, gender: str) -> tuple[dict[str, str], dict[str, str]]:
    words = vocabulary()
    either = words.names(language, "u")
    part = "u" if either and dice.chance(0.08) else gender
    return dice.pick(words.names(language, part)), dice.pick(words.names(language, "last"))


def _shown_name(dice: Dice, first: str, last: str, trade: str | None) -> str:
    title = "Dr. " if trade == "Doctor" and dice.chance(0.4) else ""
    mark = fill(" {emoji}", dice, language="*") if dice.chance(0.1) else ""
    plain = (f"{first} {last}", f"{first} {last}", f"{first} {last[:1]}.", first, first.lower())
    return f"{title}{dice.pick(plain)}{mark}"


def _handle(dice: Dice, first: str, last: str) -> tuple[str, str]:
    stems = (f"{first}{last}", f"{first}_{last}", f"{first[0]}{last}", f"{last}_{first}", first)
    digits = str(dice.between(1, 99)) if dice.chance(0.35) else ""
    return dice.pick(stems), digits


def _location(dice: Dice, language: str) -> dict[str, str | None]:
    if dice.chance(0.35):
        return {"location": None}
    text = "{nowhere}" if dice.chance(0.12) else "{city}"
    return {"location": fill(text, dice, language=language)}


def _bio(dice: Dice, language: str, gender: str) -> tuple[str | None, str | None]:
    phrases = vocabulary().phrases
    if dice.chance(0.11):
        return None, None
    kind = "trade" if dice.chance(0.68) else "personal"
    said = dice.pick(phrases[kind, language])
    parts = [said["text"]]
    if dice.chance(0.45):
        extras = phrases.get(("extra", language)) or phrases["extra", "*"]
        parts.append(dice.pick([extra["text"] for extra in extras if extra["key"] in ("", gender)]))
    text = dice.pick(_SEPARATORS).join(parts)
    return said["key"] or None, fill(text, dice, language=language, gender=gender)
