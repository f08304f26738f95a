"""What people write for a label: the vocabulary's own spellings, and `data/aliases.json`.

Notation of the aliases: `ingeniero/a` stands for both genders, every word of a phrase changing
together; `|vet|` counts in a bio only where it is a clause of its own, in a sentence anywhere.
`data/decoys.json` holds phrases that contain a label's word and say nothing of a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, get_args

from chalicelib.matching.text import tokens

Category = Literal["job_role", "skill", "industry", "personality"]
CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)

_DATA: Final = Path(__file__).parent / "data"


class Meaning(NamedTuple):
    """One label of one category."""

    category: Category
    label: str


def _read(file: str) -> dict[str, dict[str, list[str]]]:
    content: dict[str, dict[str, list[str]]] = json.loads((_DATA / file).read_text("utf-8"))
    return content


VOCABULARY: Final[Mapping[Category, tuple[str, ...]]] = MappingProxyType(
    {category: tuple(_read("labels.json")[category]) for category in CATEGORIES}
)
"""The canonical labels by category, in the order of the contract's labels.json."""


@cache
def spellings() -> tuple[tuple[str, Meaning], ...]:
    """Every (phrase of tokens, meaning): the canonical labels first, then their aliases."""
    return tuple(_spellings())


def _spellings() -> Iterator[tuple[str, Meaning]]:
    for category in CATEGORIES:
        for label in VOCABULARY[category]:
            yield " ".join(tokens(label)), Meaning(category, label)
    aliases = _read("aliases.json")
    for category in CATEGORIES:
        for label, written in aliases[category].items():
            for alias in written:
                for phrase in _genders(alias):
                    yield " ".join(tokens(phrase)), Meaning(category, label)


def decoys() -> list[str]:
    """Phrases of tokens that swallow a label's word without stating it."""
    listed: list[str] = json.loads((_DATA / "decoys.json").read_text("utf-8"))
    return [" ".join(tokens(phrase)) for phrase in listed]


@cache
def accepted(category: Category, labels: tuple[str, ...]) -> frozenset[str]:
    """The labels and those that are one of their kind: who asks for Executive takes a CEO."""
    listed = frozenset(labels)
    narrower = _narrower()
    return listed.union(*(narrower.get(Meaning(category, label), ()) for label in listed))


@cache
def _narrower() -> Mapping[Meaning, tuple[str, ...]]:
    return {
        Meaning(category, broad): tuple(narrow)
        for category in CATEGORIES
        for broad, narrow in _read("broader.json").get(category, {}).items()
    }


def _genders(alias: str) -> Iterator[str]:
    if "/a" not in alias:
        yield alias
        return
    ended = [(word.removesuffix("/a"), word.endswith("/a")) for word in alias.split()]
    yield " ".join(word for word, _ in ended)
    yield " ".join(_feminine(word) if changes else word for word, changes in ended)


def _feminine(word: str) -> str:
    return word[:-1] + "a" if word.endswith("o") else word + "a"
