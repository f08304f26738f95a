"""Phrases with a meaning each, found in a tokenised bio by one dictionary look-up a token."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chalicelib.matching.text import tokens

DATA: Final = Path(__file__).parent / "data"


Found = tuple[int, int, str]
"""start, end and meaning of the phrase at `read[start:end]`."""


class Phrases:
    """A fixed set of phrases; the longest one that begins at a token wins, none overlap."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        tails: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase, meaning in meanings.items():
            first, *rest = tokens(phrase)
            tails.setdefault(first, []).append((tuple(rest), meaning))
        self._tails = {
            first: tuple(sorted(known, key=lambda tail: -len(tail[0])))
            for first, known in tails.items()
        }

    def find(self, read: tuple[str, ...]) -> list[Found]:
        """The phrases of a text's tokens, from left to right."""
        tails = self._tails
        found: list[Found] = []
        reached = 0
        for start in [at for at, token in enumerate(read) if token in tails]:
            if start < reached:
                continue
            for rest, meaning in tails[read[start]]:
                end = start + 1 + len(rest)
                if not rest or read[start + 1 : end] == rest:
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
