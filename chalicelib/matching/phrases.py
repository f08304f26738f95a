"""Phrases with a meaning each, found in a tokenised bio in one pass for all rules."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from chalicelib.matching.text import tokens

DATA: Final = Path(__file__).parent / "data"

Topic = Literal["bot", "gender", "kind"]
_FILES: Final[tuple[tuple[Topic, str], ...]] = (
    ("bot", "bot_words.tsv"),
    ("gender", "gender_words.tsv"),
    ("kind", "kind_words.tsv"),
)

Found = tuple[int, int, str]
"""start, end and meaning of the phrase at `read[start:end]`."""

_Tail = tuple[Topic, tuple[str, ...], str]
"""What may follow a first token: the topic, the other tokens, and the meaning of the phrase."""

_Tails = tuple[_Tail, ...]


class _Beginning(NamedTuple):
    """The phrases that begin with a token, by the token after it; the longest first."""

    by_second: dict[str, _Tails]
    alone: _Tails
    """What is left where another token follows, or none."""


def find_phrases(read: tuple[str, ...], topic: Topic) -> list[Found]:
    """The phrases of a topic in a text's tokens, from left to right.

    The longest one that begins at a token wins, and none overlap.
    """
    return _found(read).get(topic, [])


@lru_cache(maxsize=256)
def _found(read: tuple[str, ...]) -> dict[Topic, list[Found]]:
    """By topic. Cached because bots, kind and gender each ask of the same bio."""
    beginnings = _beginnings()
    found: dict[Topic, list[Found]] = {}
    for start, token in enumerate(read):
        if token in beginnings:
            by_second, alone = beginnings[token]
            second = read[start + 1] if start + 1 < len(read) else ""
            tails = by_second.get(second, alone)
            if tails:
                _add_longest(found, read, start, tails)
    return found


def _add_longest(
    found: dict[Topic, list[Found]], read: tuple[str, ...], start: int, tails: _Tails
) -> None:
    """Add the longest phrase of each topic, where none of the topic reaches beyond `start`."""
    for topic, rest, meaning in tails:
        end = start + 1 + len(rest)
        if len(rest) < 2 or read[start + 1 : end] == rest:
            of_topic = found.setdefault(topic, [])
            if not of_topic or of_topic[-1][1] <= start:
                of_topic.append((start, end, meaning))


@cache
def _beginnings() -> dict[str, _Beginning]:
    """By first token, read at first use: a process that judges nobody need not wait for it."""
    tails: dict[str, dict[tuple[str, ...], _Tail]] = {}
    for topic, file in _FILES:
        for phrase, meaning in read_phrases(file).items():
            first, *rest = tokens(phrase)
            tails.setdefault(first, {}).setdefault((topic, *rest), (topic, tuple(rest), meaning))
    return {first: _beginning(known.values()) for first, known in tails.items()}


def _beginning(tails: Iterable[_Tail]) -> _Beginning:
    ordered = sorted(tails, key=lambda tail: -len(tail[1]))
    seconds = {rest[0] for _, rest, _ in ordered if rest}
    return _Beginning(
        {
            second: tuple(tail for tail in ordered if not tail[1] or tail[1][0] == second)
            for second in seconds
        },
        tuple(tail for tail in ordered if not tail[1]),
    )


def read_phrases(file: str) -> dict[str, str]:
    """Read {phrase: meaning} from a file of the package's data: `meaning<tab>phrase; phrase`."""
    found: dict[str, str] = {}
    for line in (DATA / file).read_text(encoding="utf-8").splitlines():
        meaning, _, phrases = line.partition("\t")
        found.update(dict.fromkeys(phrases.split("; "), meaning))
    return found
