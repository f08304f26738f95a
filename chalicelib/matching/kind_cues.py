"""The cues that tell a person from an organisation, found in a bio, a name and a handle."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal, NamedTuple, cast

from chalicelib.matching.activity import posts_per_day
from chalicelib.matching.given_names import read_name, split_handle
from chalicelib.matching.phrases import find_phrases, read_phrases
from chalicelib.matching.text import BREAK, normalise, tokens
from chalicelib.profile import Profile

Cue = Literal[
    "we",
    "group_verb",
    "official",
    "organisation",
    "affiliation",
    "plural_verb",
    "pitch",
    "phone",
    "desk_mail",
    "link",
    "organisation_name",
    "acronym_handle",
    "code_handle",
    "nonstop",
    "person",
    "self",
    "kin",
    "occupation",
    "casual",
    "first_name",
    "name_inside",
]
Found = tuple[Cue, str]

NONSTOP_POSTS_PER_DAY: Final = 100

_SHORTEST_END: Final = 5
"""Letters that a word has at least to be recognised at the end of another."""

# After one of these an organisation is where somebody works or studies, not who speaks.
_AFFILIATED: Final = (
    "at of for in with by to from my @ del de en con para por a al da do na no em pour chez dans"
    " bei fur di"
)
_AFFILIATION: Final = frozenset(_AFFILIATED.split())
_PLURAL_VERB: Final = re.compile(r"[a-z]{4,}[aei]mos$")
# Spanish nouns and adjectives with the ending of "we" verbs.
_NO_VERB: Final = (
    "extremos ultimos proximos minimos maximos optimos anonimos legitimos pesimos supremos"
    " maritimos centesimos"
)
_NO_PLURAL_VERB: Final = frozenset(_NO_VERB.split())
_NUMBER: Final = re.compile(r"\d[\d ().-]{5,}\d")
_PHONE_DIGITS: Final = 9
_NO_DIGITS: Final = bytes(range(ord("0"))) + bytes(range(ord("9") + 1, 128))
_DESKS: Final = (
    "info contact contacto contacta sales support ventas hello hola office admin press prensa help"
    " booking bookings marketing social team servicio mail news gerencia comercial"
)
_DESK: Final = frozenset(_DESKS.split())
_CODE_HANDLE: Final = re.compile(r"\d{5}[a-z]{4}|[a-z]{4}\d{5}")


def bio_cues(bio: str) -> list[Found]:
    """What a bio says of who is speaking."""
    read = tokens(bio)
    found: list[Found] = []
    for start, end, meaning in find_phrases(read, "kind"):
        cue = cast(Cue, meaning)
        if cue == "organisation" and _is_affiliation(read, start):
            cue = "affiliation"
        found.append((cue, read[start] if end == start + 1 else " ".join(read[start:end])))
    if "mos" in bio:
        found += [("plural_verb", word) for word in read if _is_plural_verb(word)]
    return found + _shape_cues(bio)


def _shape_cues(bio: str) -> list[Found]:
    found: list[Found] = []
    if "http" in bio or "www." in bio:
        found.append(("link", ""))
    if "@" in bio and _gives_desk_mail(bio):
        found.append(("desk_mail", ""))
    if _gives_phone(bio):
        found.append(("phone", ""))
    if "|" in bio or bio[:1].islower():
        found.append(("casual", ""))
    return found


def _is_plural_verb(word: str) -> bool:
    return _PLURAL_VERB.fullmatch(word) is not None and word not in _NO_PLURAL_VERB


def _is_affiliation(read: tuple[str, ...], start: int) -> bool:
    for word in reversed(read[max(0, start - 3) : start]):
        if word == BREAK:
            return False
        if word in _AFFILIATION:
            return True
    return False


def _gives_desk_mail(bio: str) -> bool:
    if bio.count("@") == bio.count(" @") + bio.startswith("@"):  # mentions, as a rule
        return False
    addresses = [word for word in bio.lower().split() if "@" in word[1:]]
    return any(address.partition("@")[0].strip("(<:✉📧") in _DESK for address in addresses)


def _gives_phone(bio: str) -> bool:
    if len(bio.encode("utf-8", "ignore").translate(None, _NO_DIGITS)) < _PHONE_DIGITS:
        return False
    number = _NUMBER.search(bio)
    return number is not None and sum(map(str.isdigit, number[0])) >= _PHONE_DIGITS


def name_cues(profile: Profile) -> list[Found]:
    """What the display name and the handle say."""
    handle = profile.handle
    found: list[Found] = []
    if not handle:
        return found
    word = _organisation_word(profile)
    if word:
        found.append(("organisation_name", word))
    if handle[:3].isupper() and handle[:3].isalpha() and not handle[3:4].islower():
        found.append(("acronym_handle", ""))
    named = read_name(profile.name, handle)
    if named:
        found.append(("first_name" if named.sure else "name_inside", named.said))
    elif not profile.bio and _CODE_HANDLE.fullmatch(handle):
        found.append(("code_handle", ""))
    return found


class _NameWords(NamedTuple):
    """Words that only the names of organisations hold, with what tells quickly that none does."""

    all: frozenset[str]
    ends: frozenset[str]
    """The last letters of those that may stand at the end of another word."""
    longest: int


@cache
def _name_words() -> _NameWords:
    words = frozenset(read_phrases("kind_handle_words.tsv"))
    ends = frozenset(word[-_SHORTEST_END:] for word in words if len(word) >= _SHORTEST_END)
    return _NameWords(words, ends, max(map(len, words)))


def _organisation_word(profile: Profile) -> str | None:
    words, ends, longest = _name_words()
    parts = split_handle(profile.handle)
    if profile.name and profile.name != profile.handle:
        parts += tuple(normalise(profile.name).split())
    if not words.isdisjoint(parts):
        return next(part for part in parts if part in words)
    for part in parts:
        if part[-_SHORTEST_END:] in ends:
            for length in range(_SHORTEST_END, min(len(part), longest + 1)):
                if part[-length:] in words:
                    return part
    return None


def rate_cues(profile: Profile) -> list[Found]:
    """Whether more is posted than a person writes."""
    rate = posts_per_day(profile)
    return [("nonstop", "")] if rate is not None and rate >= NONSTOP_POSTS_PER_DAY else []
