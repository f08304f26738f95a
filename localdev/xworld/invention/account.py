"""What humans, bots and brands have in common: dates, figures, company names, links."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from localdev.xworld.invention.dice import Dice
from localdev.xworld.invention.vocabulary import vocabulary

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
"""The day on which the invented world was "read"; all ages count to it."""

_LINK_LETTERS = "abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789"


@dataclass(kw_only=True)
class Invented:
    """An invented account: what X shows, and what it was made to be."""

    kind: str
    """human, bot or brand."""
    trade: str | None = None
    """For humans the stated trade, for bots and brands their sort."""
    gender: str | None = None
    language: str
    stem: str
    """Latin letters to build a handle from."""
    digits: str = ""
    """What follows the stem in the handle."""
    shown: dict[str, Any] = field(default_factory=dict)
    """Fields of a world file's row, without id and handle."""


def figures(
    dice: Dice, *, followers: int, following: int, tweets: int, days: int
) -> dict[str, Any]:
    """The counts and dates of an account that is `days` old."""
    created = AS_OF - timedelta(days=days, seconds=dice.between(0, 86_399))
    return {
        "followers": followers,
        "following": following,
        "tweets": tweets,
        "listed": int(followers * dice.between(0, 12) / 1000),
        "likes": dice.skewed(max(1, tweets), 0.9) if tweets else 0,
        "createdAt": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "asOf": AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verified": False,
    }


def company(dice: Dice) -> str:
    """The name of a company that is not meant to exist."""
    words = vocabulary()
    return words.fill("{head}{tail}", dice, language="*", gender="")


def link(dice: Dice) -> str:
    """A short link under the reserved domain `example`: nothing there can ever be called."""
    return "https://t.example/" + "".join(dice.pick(_LINK_LETTERS) for _ in range(8))


def fill(text: str, dice: Dice, *, language: str, gender: str = "") -> str:
    """Fill a phrase whose company, domain, handle and link belong together."""
    name = company(dice)
    return vocabulary().fill(
        text,
        dice,
        language=language,
        gender=gender,
        company=name,
        handle=name.lower(),
        domain=f"{name.lower()}.example",
        link=link(dice),
    )
