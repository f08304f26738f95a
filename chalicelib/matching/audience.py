"""Follower tiers out of plain language: over 10k followers, entre 1.000 y 10.000 seguidores."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from chalicelib.matching.text import BREAK
from chalicelib.matching.tiers import FOLLOWER_TIERS, LOWER_BOUNDS

_NUMBER: Final = r"\$?(?P<{0}>\d+(?:[.,]\d{{3}})+|\d+(?:[.,]\d+)?)\s?(?P<{0}_unit>{1})?(?![\w%])"
_UNITS: Final = {
    "k": 1_000,
    "mil": 1_000,
    "thousand": 1_000,
    "tausend": 1_000,
    "m": 1_000_000,
    "million": 1_000_000,
    "millions": 1_000_000,
    "millon": 1_000_000,
    "millones": 1_000_000,
}
_N: Final = _NUMBER.format("n", "|".join(_UNITS))
_MOST: Final = _NUMBER.format("most", "|".join(_UNITS))
_WHO: Final = (
    r"(?:(?:twitter|x|real|total|de|of)\s)*(?:followers?|seguidor(?:es|as?)?|abonnes|fans"
    r"|audience|audiencia|following\sof|subscribers)\b"
)
_UP_TO: Final = (
    r"(?:no|not)\smore\sthan|no\smas\sde|under|less\sthan|fewer\sthan|below|at\smost|up\sto"
    r"|max(?:imum)?(?:\sof)?|smaller\sthan|<=?|menos\sde|hasta|(?:como\s)?maximo(?:\sde)?"
    r"|por\sdebajo\sde|weniger\sals|unter|moins\sde|meno\sdi|ate"
)
_FROM: Final = (
    r"(?:no|not)\s(?:less|fewer)\sthan|over|more\sthan|at\sleast|above|greater\sthan|bigger\sthan"
    r"|min(?:imum)?(?:\sof)?|>=?|exceeding|upwards\sof|mas\sde|al\smenos|(?:como\s)?minimo(?:\sde)?"
    r"|por\sencima\sde|a\spartir\sde|superior\sa|mehr\sals|uber|mindestens|plus\sde|au\smoins"
    r"|piu\sdi|almeno|mais\sde"
)
_TWO: Final = rf"{_N}\s?(?:-|to|and|y|a|e|hasta|und|et|bis)\s?{_MOST}"
_BETWEEN: Final = rf"(?:between|from|entre|desde|de|zwischen)?\s?{_TWO}"
_BOUNDED: Final = (
    rf"(?:(?P<up_to>{_UP_TO})|(?P<from>{_FROM}))?\s?{_N}"
    r"\s?(?P<more>\+|or\smore|o\smas|and\sup|and\sabove|plus\b)?(?P<less>or\s(?:less|fewer)|o\smenos)?"
)
_COUNT: Final = r"(?:\s(?:count|base|numbers?))?[\s:]*(?:of|is|are|de|=)?\s?"
_AFTER: Final = r"(?P<after>\s(?:or\smore|o\smas|and\sup|or\sabove))?"
_FORMS: Final = (
    rf"(?:\bwith\s|\bcon\s|\bhaving\s)?(?<![\w.,]){_BETWEEN}\s?{_WHO}{_AFTER}",
    rf"{_WHO}{_COUNT}{_BETWEEN}",
    rf"(?:\bwith\s|\bcon\s|\bhaving\s)?(?<![\w.,]){_BOUNDED}\s?{_WHO}{_AFTER}",
    rf"{_WHO}{_COUNT}{_BOUNDED}",
    rf"\b(?:between|entre)\s{_TWO}",
)


class Audience(NamedTuple):
    """Tiers asked for, in order; none asks for any. `rest` is the text without those words."""

    tiers: tuple[str, ...]
    rest: str


def read_audience(line: str) -> Audience:
    """Read the first follower range of a normalised text; a tier fits where the two overlap."""
    for form in _FORMS:
        if found := re.search(form, line):
            rest = f"{line[: found.start()]} {BREAK} {line[found.end() :]}"
            return Audience(_tiers(*_range(found.groupdict())), rest)
    return Audience((), line)


def _range(said: dict[str, str | None]) -> tuple[float, float]:
    """Least followers, and the number that they stay below."""
    if said.get("most"):
        most = _value(said["most"], said["most_unit"])
        least = _value(said["n"], said["n_unit"])
        if said["n_unit"] is None and least < 1_000 <= most:  # 10-50k
            least = _value(said["n"], said["most_unit"])
        return min(least, most), max(least, most)
    value = _value(said["n"], said["n_unit"])
    if said["up_to"] or said["less"]:
        return 0, value
    if said["from"] or said["more"] or said.get("after"):
        return value, float("inf")
    return value, value + 1


def _value(digits: str | None, unit: str | None) -> float:
    digits = digits or "0"
    if re.search(r"[.,]\d{3}$", digits) and (unit is None or len(digits) > 5):
        return float(re.sub(r"[.,]", "", digits)) * _UNITS.get(unit or "", 1)
    return float(digits.replace(",", ".")) * _UNITS.get(unit or "", 1)


def _tiers(least: float, below: float) -> tuple[str, ...]:
    bounds = (0, *LOWER_BOUNDS, float("inf"))
    fitting = tuple(
        tier
        for tier, low, high in zip(FOLLOWER_TIERS, bounds[:-1], bounds[1:], strict=True)
        if low < below and least < high
    )
    return () if fitting == FOLLOWER_TIERS else fitting
