"""Follower tiers out of plain language: over 10k followers, entre 1.000 y 10.000 seguidores."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from chalicelib.matching.text import BREAK
from chalicelib.matching.tiers import FOLLOWER_TIERS, LOWER_BOUNDS

_NUMBER: Final = (
    r"\$?(?P<{0}>\d{{1,3}}(?:[.,' ]\d{{3}})+(?!\d)|\d+(?:[.,]\d+)?)"
    r"\s?(?P<{0}_unit>{1})?(?![\w%])"
)
_UNITS: Final = {
    **dict.fromkeys(("k", "mil", "mila", "tsd", "thousand", "tausend"), 1_000),
    **dict.fromkeys(("m", "mio", "million", "millions", "millionen", "millon", "millones"), 10**6),
    **dict.fromkeys(("milhao", "milhoes", "milione", "milioni"), 10**6),
}
_N: Final = _NUMBER.format("n", "|".join(_UNITS))
_MOST: Final = _NUMBER.format("most", "|".join(_UNITS))
_IN_WORDS: Final = {
    **dict.fromkeys(("a", "one", "un", "uno", "um", "ein", "eine"), "1"),
    **dict.fromkeys(("half a", "medio", "meio"), "0.5"),
    **dict.fromkeys(("two", "dos", "dois"), "2"),
    **dict.fromkeys(("five", "cinco"), "5"),
    **dict.fromkeys(("ten", "diez", "dez"), "10"),
    **dict.fromkeys(("twenty", "veinte", "vinte"), "20"),
    **dict.fromkeys(("fifty", "cincuenta", "cinquenta"), "50"),
    **dict.fromkeys(("a hundred", "one hundred", "cien", "cem"), "100"),
}
_SPELT: Final = (
    rf"\b(?:(?P<number>{'|'.join(sorted(_IN_WORDS, key=len, reverse=True))})\s(?P<of>mil|\w{{4,}})"
    r"|(?<!\d)(?<!\d\s)(?P<one>mil))\b"
)
_WHO: Final = (
    r"(?:(?:twitter|x|real|total|active|engaged|de|of)\s)*(?:followers?|seguidor(?:es|as?)?|abonnes"
    r"|fans|audience|audiencia|following\sof|subscribers)\b"
)
_UP_TO: Final = (
    r"(?:no|not)\smore\sthan|no\smas\sde|under|less\sthan|fewer\sthan|below|at\smost|up\sto"
    r"|max(?:imum|\.)?(?:\sof)?|smaller\sthan|<=?|menos\sde|hasta|(?:como\s)?maximo(?:\sde)?"
    r"|por\sdebajo\sde|weniger\sals|unter|moins\sde|meno\sdi|ate"
)
_FROM: Final = (
    r"(?:no|not)\s(?:less|fewer)\sthan|over|more\sthan|at\sleast|above|greater\sthan|bigger\sthan"
    r"|min(?:imum|\.)?(?:\sof)?|>=?|exceeding|upwards\sof|mas\sde|al\smenos|(?:como\s)?minimo(?:\sde)?"
    r"|por\sencima\sde|a\spartir\sde|superior\sa|mehr\sals|uber|mindestens|plus\sde|au\smoins"
    r"|piu\sdi|almeno|mais\sde"
)
_ABOUT: Final = (
    r"around|about|approx(?:imately|\.)?|roughly|exactly|circa|~|unos|aproximadamente"
    r"|alrededor\sde|exactamente"
)
_MORE: Final = (
    r"\+|or\smore|o\smas|and\sup|(?:and|or)\sabove|plus\b|min(?:imum)?\b|at\sleast"
    r"|(?:como\s)?minimo"
)
_LESS: Final = (
    r"or\s(?:less|fewer|below|under)|o\smenos|max(?:imum)?\b|at\smost|(?:como\s)?maximo|tops\b"
)
_TWO: Final = rf"{_N}\s?(?:-|to|up\sto|and|&|y|a|e|hasta|und|et|bis)\s?{_MOST}"
_BETWEEN: Final = rf"(?:between|from|entre|desde|de|zwischen)?\s?{_TWO}"
_BOUND: Final = rf"(?P<up_to>{_UP_TO})|(?P<from>{_FROM})"
_BOUNDED: Final = rf"(?:{_BOUND}|{_ABOUT})?\s?{_N}\s?(?P<more>{_MORE})?(?P<less>{_LESS})?"
_COUNT: Final = r"(?:\s(?:count|base|range|numbers?))?[\s:]*(?:of|is|are|de|=)?\s?"
_AFTER: Final = rf"(?:\s(?:(?P<after>{_MORE})|(?P<after_less>{_LESS})))?"
_WITH: Final = r"(?:\bwith\s|\bw/\s|\bcon\s|\bhaving\s)"
_ENDS: Final = r"(?=\s*(?:[,.;:()|\n]|on\s(?:x|twitter)\b|$))"
_GOES_ON: Final = rf"(?=\s(?:and|but|y|pero)\s(?:{_UP_TO}|{_FROM})\s)"
_ALONE: Final = rf"(?:^|{_WITH}|,\s?|\()(?![^,;(|]*\$)"
_FORMS: Final = (
    rf"{_WITH}?(?<![\w.,]){_BETWEEN}\s?{_WHO}{_AFTER}",
    rf"{_WHO}{_COUNT}{_BETWEEN}",
    rf"{_WITH}?(?<![\w.,]){_BOUNDED}\s?{_WHO}{_AFTER}",
    rf"{_WHO}{_COUNT}{_BOUNDED}",
)
_UNNAMED: Final = (
    rf"\b(?:between|entre)\s{_TWO}(?:{_ENDS}|(?=\s(?:who|that|in|que|en)\b))",
    rf"{_ALONE}{_BETWEEN}{_ENDS}",
    rf"{_ALONE}{_BOUNDED}(?:{_ENDS}|{_GOES_ON})",
)
"""A range that is a clause of its own: founders, 10k-50k. What is counted goes without saying."""
_OTHER_BOUND: Final = rf"(?:{_BOUND})\s?{_N}(?:\s?{_WHO})?"
_AND: Final = r"\s*(?:,|\b(?:and|but|y|pero|e|und|et)\b)?\s*"
_BOUND_BEFORE: Final = rf"{_WITH}?(?<!\w){_OTHER_BOUND}{_AND}(?:with\s|con\s)?$"
_BOUND_AFTER: Final = rf"{_AND}{_OTHER_BOUND}{_ENDS}"
_NO_YEAR: Final = 3_000
"""A number without a unit counts from here on: 2019-2024 are years."""


class Audience(NamedTuple):
    """Tiers asked for, in order; none asks for any. `rest` is the text without those words."""

    tiers: tuple[str, ...]
    rest: str


def read_audience(line: str) -> Audience:
    """Read the first follower range of a normalised text; a tier fits where the two overlap."""
    counted = re.sub(_SPELT, _in_digits, line)
    found = next(filter(None, (re.search(form, counted) for form in _FORMS)), None)
    found = found or next(
        filter(_counts_people, (re.search(form, counted) for form in _UNNAMED)), None
    )
    if found is None:
        return Audience((), line)
    least, below, start, end = _narrowed(counted, found)
    return Audience(_tiers(least, below), f"{counted[:start]} {BREAK} {counted[end:]}")


def _in_digits(said: re.Match[str]) -> str:
    """Ten thousand as 10 thousand, mil as 1 mil; other words as they are."""
    if said["one"]:
        return f"1 {said['one']}"
    return f"{_IN_WORDS[said['number']]} {said['of']}" if said["of"] in _UNITS else said[0]


def _counts_people(found: re.Match[str] | None) -> bool:
    """Over 10k, 10-50k or 1,000-5,000, where neither age, years nor a size can be meant."""
    if found is None:
        return False
    said = found.groupdict()
    if not said.get("most"):
        is_bound = any(said.get(bound) for bound in ("up_to", "from", "more", "less"))
        return is_bound and _value(said["n"], said["n_unit"]) >= 1_000
    most = _value(said["most"], said["most_unit"])
    is_exact = said["most_unit"] or re.search(r"\d[.,' ]\d", said["most"])
    return most >= (1_000 if is_exact else _NO_YEAR)


def _narrowed(line: str, found: re.Match[str]) -> tuple[float, float, int, int]:
    """The range with its other side, where one stands beside: over 1k but under 10k followers."""
    least, below = _range(found.groupdict())
    start, end = found.span()
    before, after = re.search(_BOUND_BEFORE, line[:start]), re.match(_BOUND_AFTER, line[end:])
    for beside in (before, after):
        if beside is None:
            continue
        more, fewer = _range(beside.groupdict())
        if max(least, more) < min(below, fewer):
            least, below = max(least, more), min(below, fewer)
            start, end = (beside.start(), end) if beside is before else (start, end + beside.end())
    return least, below, start, end


def _range(said: dict[str, str | None]) -> tuple[float, float]:
    """Least followers, and the number that they stay below."""
    if said.get("most"):
        most = _value(said["most"], said["most_unit"])
        least = _value(said["n"], said["n_unit"])
        if said["n_unit"] is None and least < 1_000 <= most:  # 10-50k
            least = _value(said["n"], said["most_unit"])
        return min(least, most), max(least, most)
    value = _value(said["n"], said["n_unit"])
    if any(said.get(bound) for bound in ("up_to", "less", "after_less")):
        return 0, value
    if any(said.get(bound) for bound in ("from", "more", "after")):
        return value, float("inf")
    return value, value + 1


def _value(digits: str | None, unit: str | None) -> float:
    digits = digits or "0"
    if re.search(r"[.,' ]\d{3}$", digits) and (unit is None or len(digits) > 5):
        return float(re.sub(r"[.,' ]", "", digits)) * _UNITS.get(unit or "", 1)
    return float(digits.replace(",", ".")) * _UNITS.get(unit or "", 1)


def _tiers(least: float, below: float) -> tuple[str, ...]:
    bounds = (0, *LOWER_BOUNDS, float("inf"))
    fitting = tuple(
        tier
        for tier, low, high in zip(FOLLOWER_TIERS, bounds[:-1], bounds[1:], strict=True)
        if low < below and least < high
    )
    return () if fitting == FOLLOWER_TIERS else fitting
