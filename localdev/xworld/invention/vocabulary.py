"""The invented words that people are made of, read from the tables in `words/`."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from localdev.xworld.invention.dice import Dice

_FOLDER = Path(__file__).with_name("words")
_SLOT = re.compile(r"\{([a-z]+)\}")
_GENDERED = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")


class Vocabulary:
    """Names, phrases and the fillings of a phrase's slots, by language."""

    def __init__(self) -> None:
        self.phrases = _grouped("phrases.tsv", by=("kind", "language"))
        self._slots = _grouped("slots.tsv", by=("slot", "language", "gender"))
        self._names = _grouped("names.tsv", by=("language", "part"))

    def names(self, language: str, part: str) -> list[dict[str, str]]:
        """Names of a language; `part` is f, m, u (either), last or city. May be empty."""
        return self._names.get((language, part), [])

    def fill(self, text: str, dice: Dice, *, language: str, gender: str, **known: str) -> str:
        """Put a word into each `{slot}`, and the form for the gender out of each `{m|f}`."""
        text = _GENDERED.sub(lambda form: form[2] if gender == "f" else form[1], text)
        return _SLOT.sub(
            lambda slot: known.get(slot[1]) or self._any(slot[1], dice, language, gender), text
        )

    def _any(self, slot: str, dice: Dice, language: str, gender: str) -> str:
        if slot == "city":
            return dice.pick(self.names(language, "city"))["text"]
        exact = self._slots.get((slot, language, gender)) or self._slots.get((slot, "en", gender))
        options = exact or self._slots[slot, "*", ""]
        return dice.pick(options)["text"]


@cache
def vocabulary() -> Vocabulary:
    """The tables, read once."""
    return Vocabulary()


def _grouped(file: str, *, by: tuple[str, ...]) -> dict[tuple[str, ...], list[dict[str, str]]]:
    groups = defaultdict(list)
    head, *lines = (_FOLDER / file).read_text(encoding="utf-8").splitlines()
    for line in lines:
        row = dict(zip(head.split("\t"), line.split("\t"), strict=True))
        groups[tuple(row[column] for column in by)].append(row)
    return dict(groups)
