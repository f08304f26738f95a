"""What a first name says of gender: the display name first, else the handle taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from chalicelib.matching.names import Gender, GivenName, known_names
from chalicelib.matching.text import normalise

_FEMALE: Final = (
    "mrs ms miss missy lady madam madame mme sra srta senora senorita dona girl gurl queen goddess"
    " mom mommy mama chick chica wife diva aunt"
)
_MALE: Final = (
    "mr mister sir herr monsieur senor guy boy boi dude papi dad daddy papa uncle lad king"
)
CALLED: Final[dict[str, Gender]] = {
    **dict.fromkeys(_FEMALE.split(), "female"),
    **dict.fromkeys(_MALE.split(), "male"),
}
"""Words for a woman or a man that people put into their display name or handle."""

# Glued to other letters only these are safe: "goldman" is a surname, "missouri" a place.
_GLUED_FEMALE: Final = ("girl", "gurl", "lady", "chick", "mommy")
_GLUED_MALE: Final = ("boy", "guy", "dude")

_LEADING: Final = (
    "the real its it is im iam am hey hi hello just only not yo soy me dr dra prof professor rev"
    " pastor coach chef dj mc lic ing capt sgt saint team love lil little big young yung xo xx"
    " official really actually thats call don arq abg this simply yep yes ya oh so my a"
)
_LEADS: Final = frozenset(_LEADING.split())
_GLUED_LEADING: Final = (
    "its iam im thereal the real thats just simply yep xo dr coach lil miss mrs lady"
)
_GLUED_LEADS: Final = frozenset(_GLUED_LEADING.split())
_LONGEST_LEAD: Final = max(map(len, _GLUED_LEADS))
_SHORTEST_LEAD: Final = min(map(len, _GLUED_LEADS))
_LEAD_EDGES: Final = frozenset(lead[:_SHORTEST_LEAD] for lead in _GLUED_LEADS)
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WORDS: Final = re.compile(r"[^\W\d_]+")
# `m1chelle`: a digit between two letters stands for the letter that it looks like.
_DIGIT_LETTER: Final = re.compile(r"(?<=[a-z])[013457](?=[a-z])")
_DIGITS: Final = "0123456789"
_LETTER_OF: Final = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t"}
_DOUBLED: Final = re.compile(r"(.)\1+")
_SHORTEST_START: Final = 4
_LONG: Final = 5
"""Letters from which a name glued to others is hardly seen by chance."""

_Reading = tuple[str, Gender, bool]
"""said, gender, sure: the fields of `Named` that a row of words tells."""


class Named(NamedTuple):
    """What a display name or a handle says of gender."""

    said: str
    """The first name, or the word for a woman or a man, that was read."""
    gender: Gender
    sure: bool
    shown: bool
    """Read from the display name, not from the handle."""


@lru_cache(maxsize=256)
def read_name(name: str | None, handle: str) -> Named | None:
    """The gender that the display name says, else the handle; None where neither does.

    Cached because kind and gender both read the same name.
    """
    if name and name.lstrip("@").lower() != handle.lower():
        words = _WORDS.findall(normalise(name))
        found = _read(words if len(words) > 1 else split_handle(name))
        if found:
            return Named(*found, True)
        if words and _is_unisex(words[0]):
            return None
    if not handle.rstrip(_DIGITS).isalpha():
        handle = _DIGIT_LETTER.sub(_as_letter, handle)
    found = _read(split_handle(handle))
    return Named(*found, False) if found else None


@lru_cache(maxsize=256)
def split_handle(handle: str) -> tuple[str, ...]:
    """The words that a handle is made of, lower case: `AnaLuz_99` is ana and luz.

    Cached because organisations and first names are both looked for in it.
    """
    if handle.islower() and handle.isalpha() and handle.isascii():
        return (handle,)
    return tuple([part.lower() for part in _PARTS.findall(handle)])


def _as_letter(digit: re.Match[str]) -> str:
    return _LETTER_OF[digit[0]]


def _is_unisex(word: str) -> bool:
    known = known_names().get(word)
    return known is not None and known.use == "unisex"


def _read(words: Sequence[str]) -> _Reading | None:
    """Read the words of a name in the order in which they can be trusted."""
    names = known_names()
    parts = words if _places().isdisjoint(words) else [w for w in words if w not in _places()]
    while len(parts) > 1 and parts[0] in _LEADS:
        parts = parts[1:]
    if not parts:
        return None
    first, several = parts[0], len(parts) > 1
    if several and first in CALLED:
        return first, CALLED[first], True
    known = names.get(first)
    if known is not None and (several or known.use != "word" or len(first) >= _LONG):
        return (first, known.gender, known.sure) if known.gender else None
    return _called(parts) or _begins_with_name(first) or _later_name(parts)


@cache
def _places() -> frozenset[str]:
    """Words that look like names and are none."""
    return frozenset(name for name, known in known_names().items() if known.use == "place")


def _called(parts: Sequence[str]) -> _Reading | None:
    if not CALLED.keys().isdisjoint(parts):
        called = next(part for part in parts if part in CALLED)
        return called, CALLED[called], True
    last = parts[-1]
    if last.endswith(_GLUED_FEMALE):
        return last, "female", False
    if last.endswith(_GLUED_MALE):
        return last, "male", False
    return None


def _begins_with_name(word: str) -> _Reading | None:
    """A first name that runs on: `mattkrueger`, `itslaura`, `annna`."""
    starts = _starts()
    if word[:_SHORTEST_START] in starts.edges:
        for length in range(min(len(word) - 1, starts.longest), _SHORTEST_START - 1, -1):
            known = starts.names.get(word[:length])
            if known is not None:
                return (word[:length], known.gender, False) if known.gender else None
    if word[:_SHORTEST_LEAD] in _LEAD_EDGES:
        for length in range(min(_LONGEST_LEAD, len(word) - _SHORTEST_START), 1, -1):
            if word[:length] in _GLUED_LEADS:
                return _behind_lead(word[length:])
    return _undoubled(word)


def _behind_lead(rest: str) -> _Reading | None:
    known = known_names().get(rest)
    if known is None:
        return _begins_with_name(rest)
    return (rest, known.gender, False) if known.gender else None


def _undoubled(word: str) -> _Reading | None:
    single = _DOUBLED.sub(r"\1", word)
    known = known_names().get(single) if single != word else None
    return (single, known.gender, False) if known and known.gender and known.sure else None


class _Glued(NamedTuple):
    """Names that are recognised though other letters are glued to them."""

    names: dict[str, GivenName]
    edges: frozenset[str]
    """The letters at the free edge of each: most words show at once that they hold none."""
    longest: int


@cache
def _starts() -> _Glued:
    names = {name: known for name, known in known_names().items() if _may_run_on(known, len(name))}
    return _Glued(names, frozenset(name[:_SHORTEST_START] for name in names), max(map(len, names)))


@cache
def _ends() -> _Glued:
    names = {name: known for name, known in known_names().items() if _may_end(known, len(name))}
    return _Glued(names, frozenset(name[-_SHORTEST_START:] for name in names), max(map(len, names)))


def _may_run_on(name: GivenName, length: int) -> bool:
    if name.use == "place":
        return True
    if length < _LONG:
        return name.sure and name.use != "rare"
    return name.use in ("common", "family") or (name.sure and name.use == "word")


def _later_name(parts: Sequence[str]) -> _Reading | None:
    """A first name behind something else: `xo_laura`, `surferlaura`. Surnames do not count."""
    names = known_names()
    for part in parts[1:3]:
        known = names.get(part)
        if known is not None and known.gender and known.use == "common":
            return part, known.gender, False
    ends = _ends()
    for part in parts[:3]:
        if part[-_SHORTEST_START:] not in ends.edges:
            continue
        for start in range(max(1, len(part) - ends.longest), len(part) - _SHORTEST_START + 1):
            known = ends.names.get(part[start:])
            if known is not None:
                return (part[start:], known.gender, False) if known.gender else None
    return None


def _may_end(name: GivenName, length: int) -> bool:
    if name.use == "place":
        return True
    # Many words and surnames end like a short man's name: -ian, -eric, -dean.
    return name.sure and name.use == "common" and (length >= _LONG or name.gender == "female")
