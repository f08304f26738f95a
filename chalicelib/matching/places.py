"""Places that people name, a few per country: Berlin lies in Germany, and is not in France."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_DATA: Final = Path(__file__).parent / "data" / "places.json"
_LONGEST: Final = 4  # words: rio de janeiro brazil


class Place(NamedTuple):
    """A known place: its own folded name (one for all spellings of a country) and country."""

    name: str
    country: str


@cache
def _places() -> dict[str, Place]:
    listed: dict[str, dict[str, list[str]]] = json.loads(_DATA.read_text("utf-8"))
    places: dict[str, Place] = {}
    for country, names in listed.items():
        for spelt in names["within"]:
            places |= dict.fromkeys(spelt.split("/"), Place(spelt.partition("/")[0], country))
        places |= dict.fromkeys((country, *names["spelt"]), Place(country, country))
    return places


@cache
def _first_words() -> frozenset[str]:
    return frozenset(name.partition(" ")[0] for name in _places())


def known_place(read: Sequence[str], at: int) -> tuple[int, Place] | None:
    """The longest known place of the words `read` that begins at `at`, with the index after it."""
    if read[at] not in _first_words():
        return None
    places = _places()
    for end in range(min(at + _LONGEST, len(read)), at, -1):
        if place := places.get(" ".join(read[at:end])):
            return end, place
    return None


def places_in(read: Sequence[str]) -> frozenset[Place]:
    """Every known place that the words name."""
    if _first_words().isdisjoint(read):
        return frozenset()
    found = set()
    at = 0
    while at < len(read):
        known = known_place(read, at)
        if known:
            found.add(known[1])
        at = known[0] if known else at + 1
    return frozenset(found)
