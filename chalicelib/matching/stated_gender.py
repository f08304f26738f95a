"""What a bio states of its author's gender: pronouns, and words for a woman or a man."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, cast

from chalicelib.matching.names import Gender, known_names
from chalicelib.matching.phrases import Found, find_phrases
from chalicelib.matching.text import BREAK, normalise, tokens

_SHE: Final = "she|her|hers|ella|ela|dela|lei"
_HE: Final = "he|him|his|el|ele|dele|lui"
_THEY: Final = "they|them|theirs|elle|elles|iel|ze|zir|xe|any"
_PRONOUNS: Final = re.compile(
    rf"(?<![\w/@])({_SHE}|{_HE}|{_THEY})(?:\s?[/|]\s?({_SHE}|{_HE}|{_THEY}))+(?![\w/])"
)
_PRONOUN_GENDER: Final[dict[str, Gender | None]] = {
    **dict.fromkeys(_SHE.split("|"), "female"),
    **dict.fromkeys(_HE.split("|"), "male"),
    **dict.fromkeys(_THEY.split("|"), None),
}

_OPENS_WITH_NAME: Final = re.compile(r"\W*([A-Z][a-z]+)(?: [A-Z]\.?)? [A-Z][a-z]+\b(?! [a-z])")

_GENDERS: Final = ("female", "male")

_ANOTHER: Final = (
    "my our his her your their ur mi mis su sus tu tus nuestro nuestra meu minha seu sua mon ma mes"
    " mio mia mein meine meiner meinen 's no not never every any some another other each best hot"
    " white black"
)
# Directly before a word for a woman or a man: somebody else is meant ("my wife").
_OTHERS: Final = frozenset(_ANOTHER.split())
_OBJECT: Final = (
    "of to for by from with about love loves like likes hate hates support supports meets versus vs"
    " than against via de para por con contra sobre amo di per pour avec von fur mit have has had"
    " meet rip rest w adore adores married appreciates miss misses make makes raise raised raises"
)
# Shortly before it: somebody else is meant ("mom of a girl", "clothes for a man").
_OBJECT_OF: Final = frozenset(_OBJECT.split())
_PARTNER: Final[dict[str, Gender]] = {
    **dict.fromkeys(("husband", "hubby", "esposo", "marido", "novio", "ehemann"), "female"),
    **dict.fromkeys(("wife", "wifey", "esposa", "novia", "ehefrau", "moglie"), "male"),
}
_FIRST_PERSON: Final = frozenset(("my", "mi", "meu", "minha", "mon", "ma", "mein", "meine"))


class Stated(NamedTuple):
    """A bio's own words for a woman or a man."""

    gender: Gender | None
    """None: the author states neither, or both."""
    words: str
    kind: Literal["pronouns", "role", "name", "partner"]
    """A name and a partner ("I'm Laura", "my husband") are hints and no statements."""


def read_bio(bio: str) -> Stated | None:
    """What the author states of their own gender; None where the bio says nothing of it."""
    read = tokens(bio)
    if not _PRONOUN_GENDER.keys().isdisjoint(read):
        line = normalise(bio)
        found = _PRONOUNS.search(line) if "/" in line or "|" in line else None
        if found:
            return _from_pronouns(found[0])
    phrases = find_phrases(read, "gender")
    return _from_roles(read, phrases) or _from_own_name(bio, read, phrases)


def _from_pronouns(pronouns: str) -> Stated:
    genders = {_PRONOUN_GENDER[word] for word in re.findall(r"\w+", pronouns)} - {None}
    return Stated(genders.pop() if len(genders) == 1 else None, pronouns, "pronouns")


def _from_roles(read: tuple[str, ...], phrases: list[Found]) -> Stated | None:
    claims: dict[Gender, str] = {}
    hint: Stated | None = None
    for start, end, meaning in phrases:
        if meaning not in _GENDERS:
            continue
        words = " ".join(read[start:end])
        if _means_another(read, start, end):
            if words in _PARTNER and start and read[start - 1] in _FIRST_PERSON:
                hint = Stated(_PARTNER[words], f"{read[start - 1]} {words}", "partner")
            continue
        claims.setdefault(cast(Gender, meaning), words)
    if len(claims) == 1:
        gender, words = claims.popitem()
        return Stated(gender, words, "role")
    return Stated(None, " and ".join(claims.values()), "role") if claims else hint


def _from_own_name(bio: str, read: tuple[str, ...], phrases: list[Found]) -> Stated | None:
    """The author's first name: "my name is Laura", or a full name that opens the bio."""
    names = known_names()
    said = [read[end] for _, end, meaning in phrases if meaning == "named" and end < len(read)]
    opening = _OPENS_WITH_NAME.match(bio)
    if opening:
        said.append(opening[1].lower())
    for name in said:
        known = names.get(name)
        if known is not None and known.sure and known.use in ("common", "family"):
            return Stated(known.gender, name.capitalize(), "name")
    return None


def _means_another(read: tuple[str, ...], start: int, end: int) -> bool:
    if end < len(read) and read[end] in ("'s", "'"):
        return True
    if start and (read[start - 1] in _OTHERS):
        return True
    for token in reversed(read[max(0, start - 3) : start]):
        if token == BREAK:
            return False
        if token in _OBJECT_OF:
            return True
    return False
