"""Labels inside the phrases of others: a Python developer is an engineer, and knows Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from chalicelib.matching.aliases import Meaning, decoys, spellings
from chalicelib.matching.text import words

_ADDED: Final = frozenset({"industry", "skill"})
_ALONE: Final = (
    "consultora infrastructure assurance defense bodega ciencia ciencias fisica propaganda muebles"
    " veterinaria"
)
_ONLY_ALONE: Final = frozenset(_ALONE.split())
"""Words that name an industry alone, and something else in a role: quality assurance."""
_OF_THE_LABEL: Final = 1 / 8
"""Share of a label's phrases from which on a word in them is part of what the label means."""


@cache
def stated_within() -> Mapping[str, tuple[Meaning, ...]]:
    """By phrase, the industries and skills that its words state beside its own label."""
    known = _known()
    found = {
        phrase: tuple(dict.fromkeys(_within(phrase, own)))
        for phrase, own in known.items()
        if own and own[0].category == "job_role"
    }
    return {phrase: meanings for phrase, meanings in found.items() if meanings}


@cache
def asked_within() -> Mapping[str, tuple[Meaning, ...]]:
    """The same, less what goes without saying: who asks for finance directors asks for CFOs."""
    phrases = Counter(meaning for own in _known().values() for meaning in own)
    inside = Counter(
        (own[0], meaning)
        for phrase, meanings in stated_within().items()
        for own in (_known()[phrase],)
        for meaning in meanings
    )

    def is_asked(own: Meaning, meaning: Meaning) -> bool:
        is_usual = inside[own, meaning] >= _OF_THE_LABEL * phrases[own]
        is_named = not set(words(own.label)).isdisjoint(words(meaning.label))
        return not (is_usual or is_named)

    return {
        phrase: tuple(meaning for meaning in meanings if is_asked(own, meaning))
        for phrase, meanings in stated_within().items()
        for own in _known()[phrase][:1]
    }


@cache
def _known() -> dict[str, tuple[Meaning, ...]]:
    """Every phrase without its clause bounds; a decoy means nothing."""
    known: dict[str, tuple[Meaning, ...]] = dict.fromkeys(decoys(), ())
    for phrase, meaning in spellings():
        bare = phrase.strip("| ")
        if meaning not in known.setdefault(bare, ()):
            known[bare] += (meaning,)
    return known


def _within(phrase: str, own: tuple[Meaning, ...]) -> Iterator[Meaning]:
    _, *listed = own
    named = {word for meaning in own for word in words(meaning.label)}
    yield from (meaning for meaning in listed if meaning.category in _ADDED)
    for part in _parts(phrase.split()):
        if part not in _ONLY_ALONE and named.isdisjoint(part.split()):
            for meaning in _known()[part]:
                if meaning.category in _ADDED:
                    yield meaning


def _parts(read: list[str]) -> Iterator[str]:
    """The known phrases inside, the longest first that begins at a word; none overlap."""
    start = 0
    while start < len(read):
        ends = range(len(read) if start else len(read) - 1, start, -1)
        end = next((end for end in ends if " ".join(read[start:end]) in _known()), None)
        if end is not None:
            yield " ".join(read[start:end])
        start = end or start + 1
