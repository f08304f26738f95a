"""Phrases with a meaning each, found in a tokenised bio by one dictionary look-up a token."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Final

from chalicelib.matching.text import tokens

DATA: Final = Path(__file__).parent / "data"


Found = tuple[int, int, str]
"""start, end and meaning of the phrase at `read[start:end]`."""


_Tails = tuple[tuple[int, dict[tuple[str, ...], str]], ...]
"""What may follow a first token, longest first: so many tokens, and the meanings of those."""


class Phrases:
    """The phrases of a data file; the longest one that begins at a token wins, none overlap."""

    def __init__(self, file: str) -> None:
        self._file = file

    @cached_property
    def _tails(self) -> dict[str, _Tails]:
        """By first token, read at first use: a process that judges nobody need not wait for it."""
        tails: dict[str, dict[int, dict[tuple[str, ...], str]]] = {}
        for phrase, meaning in read_phrases(self._file).items():
            first, *rest = tokens(phrase)
            of_length = tails.setdefault(first, {}).setdefault(len(rest), {})
            of_length.setdefault(tuple(rest), meaning)
        return {first: tuple(sorted(known.items(), reverse=True)) for first, known in tails.items()}

    def find(self, read: tuple[str, ...]) -> list[Found]:
        """The phrases of a text's tokens, from left to right."""
        tails = self._tails
        if tails.keys().isdisjoint(read):
            return []
        found: list[Found] = []
        reached = 0
        for start in [at for at, token in enumerate(read) if token in tails]:
            if start < reached:
                continue
            for length, meanings in tails[read[start]]:
                end = start + 1 + length
                meaning = meanings.get(read[start + 1 : end])
                if meaning is not None:
                    found.append((start, end, meaning))
                    reached = end
                    break
        return found


def read_phrases(file: str) -> dict[str, str]:
    """Read {phrase: meaning} from a file of the package's data: `meaning<tab>phrase; phrase`."""
    found: dict[str, str] = {}
    for line in (DATA / file).read_text(encoding="utf-8").splitlines():
        meaning, _, phrases = line.partition("\t")
        found.update(dict.fromkeys(phrases.split("; "), meaning))
    return found
