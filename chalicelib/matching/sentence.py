"""What a description in plain English or Spanish asks for: filters, words, and what it rules out.

The words that steer the reading are data (`data/sentence.json`). A word that no rule knows stays
a term: it is looked for in a profile's own words, and named to the caller as unmatched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from chalicelib.matching import phrasebook
from chalicelib.matching.aliases import CATEGORIES, Category, Meaning, spellings
from chalicelib.matching.audience import read_audience
from chalicelib.matching.labels import singular
from chalicelib.matching.places import Place, known_place
from chalicelib.matching.steering import gender_word, is_served, rules_out, steering
from chalicelib.matching.text import BREAK, normalise, tokens

_WORD: Final = re.compile(r"\w+")
_LONG_PLURAL: Final = re.compile(r"(?:[^s]tor|dor|sor|ion|ch|sh|ss|x)es$")
"""Escaladores are no escaladore, coaches no coache."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """What a profile must not be, have, say or live in ("no agencies")."""

    kinds: tuple[str, ...] = ()
    labels: tuple[Meaning, ...] = ()
    places: tuple[Place, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """A description as conditions. `terms` are folded singular words; `unmatched` as written."""

    gender_values: tuple[str, ...] = ()
    labels: Mapping[Category, tuple[str, ...]] = field(default_factory=dict)
    follower_tiers: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    terms: tuple[str, ...] = ()
    excluded: Excluded = Excluded()
    kind: str | None = None
    """`person` or `organization` where the description seeks only these."""
    unmatched: tuple[str, ...] = ()
    is_empty: bool = False
    """No word at all: there is nothing to judge by."""


def read_sentence(description: str) -> Understood:
    """Read a description of 1-2000 characters; never fails, words without meaning become terms."""
    audience = read_audience(normalise(description))
    read = tokens(audience.rest)
    wanted: list[_Said] = []
    ruled_out: list[_Said] = []
    for said in _Reader(read, _capitalised(description)).pieces():
        (ruled_out if said.negated else wanted).append(said)
    terms, meant = _values(wanted, "term"), _meanings(wanted)
    sought = _places(wanted)
    return Understood(
        gender_values=_genders(_values(wanted, "gender"), _values(ruled_out, "gender")),
        labels=_by_category(meant),
        follower_tiers=audience.tiers,
        places=sought,
        terms=tuple(dict.fromkeys(map(stem, terms))),
        excluded=Excluded(
            kinds=_values(ruled_out, "kind"),
            labels=tuple(meaning for meaning in _meanings(ruled_out) if meaning not in meant),
            places=tuple(place for place in _places(ruled_out) if place not in sought),
            terms=tuple(map(stem, _values(ruled_out, "term"))),
        ),
        kind=_sought_kind(wanted),
        unmatched=_as_written(terms, description),
        is_empty=not any(token[0].isalnum() for token in tokens(normalise(description))),
    )


def stem(word: str) -> str:
    """A folded word without its plural: founders and founder are the same term."""
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if _LONG_PLURAL.search(word):
        return word[:-2]
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


class _Said(NamedTuple):
    """One piece of a description; `what` is label, place, gender, kind or term."""

    what: str
    negated: bool
    text: str = ""
    meaning: Meaning | None = None
    place: Place | None = None


class _Reader:
    """Walks the tokens once, keeping whether they stand after a "no"."""

    def __init__(self, read: Sequence[str], capitalised: frozenset[str]) -> None:
        self._read = read
        self._capitalised = capitalised
        self._labels = _labels_at(read)
        self._negated = False
        self._has_sought = False
        """Somebody is asked for: whom these serve is not."""
        self._served_up_to = 0

    def pieces(self) -> Iterator[_Said]:
        at = 0
        while at < len(self._read):
            at, said = self._at(at)
            yield from said

    def _at(self, at: int) -> tuple[int, list[_Said]]:
        """What begins at a token, and the index after it."""
        token = self._read[at]
        if at in self._labels:
            after, meanings = self._labels[at]
            return after, [*self._inside(at, after, meanings)]
        if place := self._known_place(at) or self._named_place(at):
            return place[0], [_Said("place", self._negated, place=place[1])]
        if ruling_out := rules_out(self._read, at):
            self._negated = True
            return at + ruling_out, []
        if token == BREAK or token in steering("no_ends"):
            self._negated = False
        elif token in steering("no_next") and not self._negated:
            return self._but_not(at + 1)
        else:
            return at + 1, [*self._word(at, token)]
        return at + 1, []

    def _but_not(self, at: int) -> tuple[int, list[_Said]]:
        """Non-technical founders: only the next piece is ruled out."""
        if at == len(self._read):
            return at, []
        self._negated = True
        after, said = self._at(at)
        self._negated = False
        return after, said

    def _inside(self, at: int, after: int, meanings: tuple[Meaning, ...]) -> Iterator[_Said]:
        """Labels, and what their words tell besides: businesswomen, marketing agencies."""
        meaning, *beside = meanings
        if meaning.category == "job_role" and not self._negated:
            if self._has_sought and self._is_served(at):
                self._served_up_to = after
                yield from (_Said("term", False, word) for word in self._read[at:after])
                return
            self._seek(at)
        yield _Said("label", self._negated, meaning=meaning)
        if not self._negated:  # "no Python developers" says nothing against Python
            yield from (_Said("label", False, meaning=other) for other in beside)
        for word in self._read[at:after]:
            if gender := self._gender(at, word):
                yield _Said("gender", self._negated, gender)
            if meaning.category == "industry" and word in steering("organization"):
                self._seek(at)
                yield _Said("kind", self._negated, "organization")

    def _seek(self, at: int) -> None:
        """Somebody is asked for, unless it is the searcher: our product helps nurses."""
        speaks = not steering("searcher").isdisjoint(self._read[max(0, at - 3) : at])
        self._has_sought = self._has_sought or not (self._negated or speaks)

    def _is_served(self, at: int) -> bool:
        """Coaches for founders and investors: neither of these is looked for."""
        goes_on = self._served_up_to == at - 1 and self._read[at - 1] in steering("joins")
        return goes_on or is_served(self._read, at)

    def _word(self, at: int, token: str) -> Iterator[_Said]:
        if gender := self._gender(at, token):
            yield _Said("gender", self._negated, gender)
        elif token in steering("organization"):
            yield _Said("kind", self._negated, "organization")
            self._seek(at)
            if self._negated and token in steering("named_organization"):
                yield _Said("term", True, token)
        elif token in steering("person"):
            yield _Said("kind", self._negated, "person")
        elif token[0].isalpha() and token not in steering("generic") | steering("for_them"):
            yield _Said("term", self._negated, token)

    def _gender(self, at: int, word: str) -> str | None:
        """Unless these people are only served: built for women, women's health."""
        if is_served(self._read, at) or self._read[at + 1 : at + 2] == ("'s",):
            return None
        return gender_word(word)

    def _known_place(self, at: int) -> tuple[int, Place] | None:
        """Who wants to work with us need not live in the US."""
        is_pronoun = self._read[at] == "us" and "us" not in self._capitalised
        if is_pronoun and at and self._read[at - 1] in steering("us_after"):
            return None
        return known_place(self._read, at)

    def _named_place(self, at: int) -> tuple[int, Place] | None:
        if at == 0 or self._read[at - 1] not in steering("place_after"):
            return None
        after = at
        while after < len(self._read) and self._read[after] in self._capitalised:
            after += 1
        name = " ".join(self._read[at:after])
        return (after, Place(name, "")) if name else None


@cache
def _known_words() -> frozenset[str]:
    return frozenset(word for phrase, _ in spellings() for word in phrase.strip("| ").split())


def _labels_at(read: Sequence[str]) -> dict[int, tuple[int, tuple[Meaning, ...]]]:
    """Label phrases by the index of their first token, with the index after their last.

    Read as written, in the singular, and with the last of several plurals in the singular:
    relaciones públicas, but founders and ingenieros civiles, and sales managers.
    """
    one = singular(read, _known_words())
    last = [
        word if one[at + 1 : at + 2] == list(read[at + 1 : at + 2]) else read[at]
        for at, word in enumerate(one)
    ]
    spans: list[tuple[int, int, tuple[Meaning, ...]]] = []
    for written in (read, last, one):
        line = phrasebook.as_line(written)
        for start, end, meanings in phrasebook.of_sentences().find(line):
            first = line.count(" ", 0, start) - 2
            after = first + 1 + line.count(" ", start, end)
            if after > first + 1 or read[first] not in steering("for_them"):
                spans.append((first, -after, meanings))
    found: dict[int, tuple[int, tuple[Meaning, ...]]] = {}
    reached = 0
    spans.sort(key=lambda span: (*span[:2], CATEGORIES.index(span[2][0].category)))
    for first, minus_after, meanings in spans:
        if first >= reached:
            reached = -minus_after
            found[first] = reached, meanings
    return found


def _capitalised(description: str) -> frozenset[str]:
    found = _WORD.findall(description)
    return frozenset(normalise(word) for word in found[1:] if word[0].isupper())


def _values(pieces: Sequence[_Said], what: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said.text for said in pieces if said.what == what))


def _places(pieces: Sequence[_Said]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(said.place for said in pieces if said.place))


def _meanings(pieces: Sequence[_Said]) -> tuple[Meaning, ...]:
    return tuple(dict.fromkeys(said.meaning for said in pieces if said.meaning))


def _by_category(meanings: Sequence[Meaning]) -> dict[Category, tuple[str, ...]]:
    said = {meaning.category for meaning in meanings}
    return {
        category: tuple(label for of, label in meanings if of == category)
        for category in CATEGORIES
        if category in said
    }


def _genders(wanted: Sequence[str], ruled_out: Sequence[str]) -> tuple[str, ...]:
    """One gender, or none where both or neither is asked for."""
    other = {"female": "male", "male": "female"}
    asked = {*wanted, *(other[gender] for gender in ruled_out)}
    return tuple(asked) if len(asked) == 1 else ()


def _sought_kind(wanted: Sequence[_Said]) -> str | None:
    kinds = _values(wanted, "kind")
    roles = (said.meaning and said.meaning.category == "job_role" for said in wanted)
    if "person" in kinds or any(roles) or _values(wanted, "gender"):
        return "person"
    return "organization" if "organization" in kinds else None


def _as_written(terms: Sequence[str], description: str) -> tuple[str, ...]:
    written = {normalise(word): word for word in reversed(_WORD.findall(description))}
    return tuple(written.get(term, term) for term in terms)
