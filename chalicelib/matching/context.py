"""Whether the words around a phrase say that the writer means it: ex-, aspiring, fan of, my wife.

`data/context.json` lists the words; every rule reads at most five words back and two ahead,
within the clause.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from chalicelib.matching.text import BREAK

_DATA: Final = Path(__file__).parent / "data" / "context.json"
_CHARACTERS: Final = 64  # enough for the words that are looked at
_WORDS_BACK: Final = 5
_WORDS_BACK_FOR_NOT: Final = 4


class _Words(NamedTuple):
    article: frozenset[str]
    link: frozenset[str]  # right before a role: somebody else holds it, or employs the writer
    of: frozenset[str]
    no: frozenset[str]
    not_now: frozenset[str]  # held once, or hoped for
    ex: frozenset[str]
    other: frozenset[str]  # somebody else's, or only liked
    fan: frozenset[str]  # the same, where an "of" follows
    kin: frozenset[str]  # the same, where an "of" and the role follow at once
    self: frozenset[str]  # the writer speaks of the present again
    also: frozenset[str]
    after: frozenset[str]
    after_two: frozenset[str]
    telling: frozenset[str]
    """All words before a role that can take it away from the writer."""
    taking_back: frozenset[str]
    """The first words behind a role that can."""


@cache
def _words() -> _Words:
    listed = json.loads(_DATA.read_text("utf-8"))
    pairs = frozenset(listed.pop("after_two").split(BREAK))
    named = {name: frozenset(line.split()) for name, line in listed.items()}
    lists = ("link", "ex", "no", "not_now", "other", "fan", "kin")
    telling = frozenset().union(*(named[name] for name in lists))
    taking_back = named["after"].union(pair.split()[0] for pair in pairs)
    return _Words(**named, after_two=pairs, telling=telling, taking_back=taking_back)


def clause_before(line: str, start: int) -> list[str]:
    """The up to five words before `start` in its clause, the nearest first."""
    if line[start - 2] == BREAK:
        return []
    reach = line[max(0, start - _CHARACTERS) : start]
    return reach[reach.rfind(BREAK) + 1 :].split()[: -_WORDS_BACK - 1 : -1]


def is_denied(before: Sequence[str]) -> bool:
    """Not a lawyer, no crypto, sin agencias."""
    return not _words().no.isdisjoint(before[:2])


def is_liked(before: Sequence[str]) -> bool:
    """Love music, fan of hip hop: an interest, not a trade."""
    listed = _words()
    return not (listed.other.isdisjoint(before[:3]) and listed.fan.isdisjoint(before[:3]))


def is_held(line: str, end: int, before: Sequence[str]) -> bool:
    """Whether the role that ends at `end` is the writer's own, today."""
    return not (_belongs_elsewhere(before) or _is_taken_back(line, end))


def _belongs_elsewhere(before: Sequence[str]) -> bool:
    listed = _words()
    if listed.telling.isdisjoint(before):
        return False
    near = [word for word in before if word not in listed.article]
    if near and (near[0] in listed.link or near[0] in listed.ex):
        return True
    if len(near) > 1 and near[0] in listed.of and near[1] in listed.kin:
        return True
    return _is_not_mine(before, listed)


def _is_not_mine(before: Sequence[str], listed: _Words) -> bool:
    alone, linked = True, False
    for back, word in enumerate(before):
        if word in listed.self:
            return not listed.no.isdisjoint(before[back + 1 : back + 2])
        if back < _WORDS_BACK_FOR_NOT and (word in listed.no or word in listed.not_now):
            return True
        if alone and (word in listed.other or (linked and word in listed.fan)):
            return True
        alone = alone and word not in listed.also
        linked = linked or word in listed.of
    return False


def _is_taken_back(line: str, end: int) -> bool:
    listed = _words()
    if line[end + 1 : line.find(" ", end + 1)] not in listed.taking_back:
        return False
    clause = line[end : end + _CHARACTERS].partition(BREAK)[0].split()[:2]
    return bool(clause) and (clause[0] in listed.after or " ".join(clause) in listed.after_two)
