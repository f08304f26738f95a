"""The labels that a profile states of itself, each with the words that state it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib.matching import phrasebook
from chalicelib.matching.aliases import CATEGORIES, Category
from chalicelib.matching.context import clause_before, is_denied, is_held, is_liked
from chalicelib.matching.text import BREAK, tokens
from chalicelib.profile import Profile

_TITLES: Final = frozenset(
    {"chef", "coach", "pastor", "pastora", "reverend", "rev", "bishop", "rabbi", "imam", "father"}
    | {"prof", "professor", "profesor", "profesora", "dj", "capt", "captain", "sgt", "sargento"}
    | {"ing", "arq", "abogado", "abogada", "abg"}
)
"""Words before a name that are the person's own role; Dr. and Lic. do not say which."""


_BLANK: Final = f" {BREAK}"


class Found(NamedTuple):
    """A label and the folded words of the profile that state it."""

    label: str
    phrase: str
    opens_bio: bool = False
    """Nothing stands before the words: the bio begins with them."""


Labels = Mapping[Category, tuple[Found, ...]]


def find_labels(profile: Profile) -> Labels:
    """Labels by category, in the order in which bio and name state them; nothing is guessed."""
    found: dict[Category, dict[str, Found]] = {}
    if profile.bio:
        _add_stated(found, tokens(profile.bio), in_bio=True)
    if profile.name and (titled := _titled(profile.name)):
        _add_stated(found, titled, in_bio=False)
    return {
        category: tuple(found[category].values()) for category in CATEGORIES if category in found
    }


def _titled(name: str) -> tuple[str, ...]:
    """What a display name says beside the name: a leading title, and all after a break."""
    if name.replace(" ", "").isalpha():  # most names: nothing but a title could stand there
        title = name.partition(" ")[0].lower()
        return (title,) if title in _TITLES and title != name.lower() else ()
    read = tokens(name)
    if BREAK in read:
        return read[read.index(BREAK) :]
    return read[:1] if len(read) > 1 and read[0] in _TITLES else ()


def _add_stated(
    found: dict[Category, dict[str, Found]], read: tuple[str, ...], *, in_bio: bool
) -> None:
    line = phrasebook.as_line(read)
    for start, end, meanings in phrasebook.of_bios().find(line):
        if not meanings:
            continue
        before = clause_before(line, start)
        for category, label in meanings:
            if _is_meant(category, line, end, before):
                opens = in_bio and not before and not line[:start].strip(_BLANK)
                stated = Found(label, line[start:end], opens)
                found.setdefault(category, {}).setdefault(label, stated)


def _is_meant(category: Category, line: str, end: int, before: list[str]) -> bool:
    if category == "job_role":
        return is_held(line, end, before)
    return not (is_denied(before) or (category == "industry" and is_liked(before)))
