"""The words that steer the reading of a description: no, for, in, who. All of them are data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from chalicelib.matching.places import known_place
from chalicelib.matching.text import BREAK

_DATA: Final = Path(__file__).parent / "data" / "sentence.json"


@cache
def steering(list_name: str) -> frozenset[str]:
    """The words of a list; of a list of pairs, each pair as one."""
    lists: dict[str, str] = json.loads(_DATA.read_text("utf-8"))
    line = lists[list_name]
    return frozenset(line.split(BREAK) if BREAK in line else line.split())


def gender_word(word: str) -> str | None:
    """The gender of a word for women or men."""
    return next((sex for sex in ("female", "male") if word in steering(sex)), None)


def rules_out(read: Sequence[str], at: int) -> int:
    """How many tokens from `at` on say that what follows is not wanted: no, other than."""
    if " ".join(read[at : at + 2]) in steering("no_pairs"):
        return 2
    return int(read[at] in steering("no") and not _is_in(read, at))


def is_served(read: Sequence[str], at: int) -> bool:
    """Whether those named at `at` are only served: built for women, helps busy moms.

    Who looks for women does not serve them.
    """
    while at > 1 and read[at - 1] in steering("joins") and gender_word(read[at - 2]):
        at -= 2
    for before in range(at - 1, max(at - 3, -1), -1):
        if read[before] in steering("for_them"):
            return before == 0 or read[before - 1] not in steering("seeking")
        if read[before] == BREAK or read[before] in steering("no_ends") | steering("joins"):
            return False
    return False


def _is_in(read: Sequence[str], at: int) -> bool:
    """Portuguese: médicos no Brasil are doctors in Brazil."""
    if read[at] != "no" or at in (0, len(read) - 1):
        return False
    is_apart = read[at - 1] == BREAK or read[at - 1] in steering("no_ends")
    return not is_apart and known_place(read, at + 1) is not None
