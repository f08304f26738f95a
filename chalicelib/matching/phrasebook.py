"""Every label phrase of a tokenised text, found in one pass of one automaton."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import ahocorasick

from chalicelib.matching.aliases import Meaning, decoys, spellings
from chalicelib.matching.compounds import asked_within, stated_within
from chalicelib.matching.text import BREAK

_EDGE = f" {BREAK} "
_SHORTEST_HASHTAG = 6


Hit = tuple[int, int, tuple[Meaning, ...]]
"""A phrase at `line[start:end]`: start, end, meanings. A decoy has no meanings."""


def as_line(read: Sequence[str]) -> str:
    """Tokens as the one string that `Phrasebook.find` reads, a break at either end."""
    return f"{_EDGE}{' '.join(read)}{_EDGE}"


class Phrasebook:
    """Aho-Corasick over whole tokens: a phrase is held with the spaces at its sides."""

    def __init__(self, meanings: Mapping[str, Iterable[Meaning]]) -> None:
        self._automaton = ahocorasick.Automaton()
        for phrase, meant in meanings.items():
            bare = phrase.strip(" |")
            lead = phrase.index(bare) + 1
            self._automaton.add_word(f" {phrase} ", (len(phrase) + 1 - lead, len(bare), (*meant,)))
        self._automaton.make_automaton()

    def find(self, line: str) -> list[Hit]:
        """The hits of `line` from left to right; the longest that begins first wins."""
        found = [
            (end - back, back - length - end, meanings)
            for end, (back, length, meanings) in self._automaton.iter(line)
        ]
        found.sort()
        kept: list[Hit] = []
        reached = 0
        for start, minus_end, meanings in found:
            if start >= reached:
                reached = -minus_end
                kept.append((start, reached, meanings))
            elif start == kept[-1][0] and -minus_end == reached:  # |retail| and retail
                kept[-1] = (start, reached, (*kept[-1][2], *meanings))
        return kept


@cache
def of_bios() -> Phrasebook:
    """What a bio may state: phrases with their clause bounds, hashtags in one word, decoys."""
    meanings = _gathered(spellings())
    for phrase, own in meanings.items():
        own.extend(stated_within().get(phrase.strip("| "), ()))
    for phrase in [*meanings]:
        joined = phrase.replace(" ", "")
        if joined not in meanings and BREAK not in phrase and len(joined) >= _SHORTEST_HASHTAG:
            meanings[joined] = meanings[phrase]
    for decoy in decoys():
        meanings.setdefault(decoy, [])
    return Phrasebook(meanings)


@cache
def of_sentences() -> Phrasebook:
    """What a description may ask for, each phrase with one meaning, and what stands in it.

    The canonical spelling decides, else the first category. A word that is a role only as a clause
    of its own (`|marketing|`) is a field in a sentence, where it names one.
    """
    meanings: dict[str, list[Meaning]] = {}
    for bounded in (False, True):
        for phrase, meant in spellings():
            if (BREAK in phrase) is bounded:
                meanings.setdefault(phrase.strip("| "), [meant])
    for phrase, beside in asked_within().items():
        meanings[phrase] += beside
    return Phrasebook(meanings)


def _gathered(spelt: Iterable[tuple[str, Meaning]]) -> dict[str, list[Meaning]]:
    meanings: dict[str, list[Meaning]] = {}
    for phrase, meaning in spelt:
        listed = meanings.setdefault(phrase, [])
        if meaning not in listed:
            listed.append(meaning)
    return meanings
