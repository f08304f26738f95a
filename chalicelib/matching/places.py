"""Places that people name, a few per country, and regions: Berlin lies in Germany and in Europe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_DATA: Final = Path(__file__).parent / "data"
_LONGEST: Final = 4  # words: rio de janeiro brazil


class Place(NamedTuple):
    """A place: its own folded name (one for all spellings of a country) and country.

    A region is in no country, and neither is a place that nobody knows.
    """

    name: str
    country: str

    def countries(self) -> frozenset[str]:
        """Where it is: one country, those of a region, none that is known."""
        return frozenset({self.country}) if self.country else _regions().get(self.name, _NOWHERE)

    def holds(self, other: Place) -> bool:
        """Whether `other` is this place or lies within it."""
        is_region = self.name in _regions()
        return self.name in other or (is_region and other.country in self.countries())


_NOWHERE: Final[frozenset[str]] = frozenset()


@cache
def _places() -> dict[str, Place]:
    listed: dict[str, dict[str, list[str]]] = json.loads((_DATA / "places.json").read_text("utf-8"))
    places: dict[str, Place] = {}
    for region, told in _listed_regions().items():
        places |= dict.fromkeys((region, *told["spelt"]), Place(region, ""))
    for country, names in listed.items():
        for spelt in names["within"]:
            places |= dict.fromkeys(spelt.split("/"), Place(spelt.partition("/")[0], country))
        places |= dict.fromkeys((country, *names["spelt"]), Place(country, country))
    return places


@cache
def _regions() -> dict[str, frozenset[str]]:
    return {region: frozenset(told["countries"]) for region, told in _listed_regions().items()}


@cache
def _listed_regions() -> dict[str, dict[str, list[str]]]:
    listed: dict[str, dict[str, list[str]]] = json.loads(
        (_DATA / "regions.json").read_text("utf-8")
    )
    return listed


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
