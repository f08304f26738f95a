"""The canonical label vocabulary: which label a word means, and which ones come close."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from itertools import chain

from chalicelib.matching.aliases import VOCABULARY, Category, spellings
from chalicelib.matching.text import words

MOST_SUGGESTIONS = 3
"""Contract 1.6: an orphan label comes with up to this many close ones."""
_LEAST_ALIKE = 0.55

__all__ = ["VOCABULARY", "Category", "canonical", "singular", "suggestions"]


def canonical(category: Category, text: str) -> str | None:
    """The label that `text` means: case, spacing, hyphens and plural do not matter; or None."""
    known = _labels_by_key(category)
    asked = words(text)
    for variant in ("".join(asked), "".join(singular(asked, _known_words(category)))):
        if variant in known:
            return known[variant]
    return None


def suggestions(category: Category, text: str) -> list[str]:
    """Up to three labels, best first: those that share a word with `text`, then look-alikes."""
    asked = singular(words(text), _known_words(category))
    sharing = (_labels_by_word(category).get(word, ()) for word in reversed(asked))
    by_key = {"".join(words(label)): label for label in VOCABULARY[category]}
    alike = get_close_matches("".join(asked), by_key, MOST_SUGGESTIONS, _LEAST_ALIKE)
    ranked = chain((by_key[key] for key in alike), *sharing)
    return list(dict.fromkeys(ranked))[:MOST_SUGGESTIONS]


def singular(asked: Iterable[str], known: Mapping[str, object] | frozenset[str]) -> list[str]:
    """Each word as `known` has it: plurals of English and Spanish go back to one."""
    return [next((form for form in _forms(word) if form in known), word) for word in asked]


def _forms(word: str) -> Iterator[str]:
    if word.endswith(("ies", "men")):
        yield word[:-3] + ("y" if word.endswith("ies") else "man")
    if word.endswith("ves"):
        yield f"{word[:-3]}fe"
    if word.endswith("people"):
        yield f"{word[:-6]}person"
    if word.endswith("innen"):
        yield word[:-3]
    if word.endswith("ces"):
        yield word[:-3] + "z"
    if word.endswith("s"):
        yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]


@cache
def _labels_by_key(category: Category) -> dict[str, str]:
    keys: dict[str, str] = {}
    for phrase, meaning in spellings():
        if meaning.category == category:
            keys.setdefault("".join(words(phrase)), meaning.label)
    return keys


@cache
def _known_words(category: Category) -> frozenset[str]:
    spelt = (phrase for phrase, meaning in spellings() if meaning.category == category)
    return frozenset(word for phrase in spelt for word in words(phrase))


@cache
def _labels_by_word(category: Category) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for label in VOCABULARY[category]:
        for word in words(label):
            found.setdefault(word, []).append(label)
    return {word: tuple(labels) for word, labels in found.items()}
