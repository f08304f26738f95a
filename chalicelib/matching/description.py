"""How far a profile fits a segment's description: a weighted share of what it asks for.

Each thing that the description asks for is satisfied, unknown or contradicted by the profile.
One contradiction contradicts the whole; else the satisfied weight over all weight decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from chalicelib.matching.aliases import Category, accepted
from chalicelib.matching.engine import Analysis
from chalicelib.matching.places import Place, places_in
from chalicelib.matching.sentence import Understood
from chalicelib.matching.text import tokens
from chalicelib.matching.thresholds import Thresholds
from chalicelib.matching.wording import TIER_WORDS, gender_words, label_words, term_words

WEIGHTS: Final = {
    "job_role": 3.0,
    "industry": 2.0,
    "skill": 2.0,
    "personality": 1.0,
    "term": 2.0,
    "place": 2.0,
    "gender": 1.0,
    "tier": 1.0,
    "kind": 2.0,
}
_MOST_TERM_WEIGHT: Final = 4.0
_NOT_IN_BIOS: Final = frozenset({"us", "america"})  # contact us; make America

_USUAL: Final = Thresholds()

State = Literal["satisfied", "partly", "unknown", "contradicted"]


class Fit(NamedTuple):
    """`score` is the satisfied share, 0 to 1; `reasons` tell what was satisfied or contradicted."""

    state: State
    score: float
    reasons: tuple[str, ...] = ()


class _Asked(NamedTuple):
    """One thing asked for: True satisfied, None unknown, False contradicted."""

    weight: float
    fits: bool | None
    reason: str = ""
    is_content: bool = False


def judge_description(
    analysis: Analysis, asked: Understood, thresholds: Thresholds = _USUAL
) -> Fit:
    """Weigh the profile against a description that was read by `read_sentence`."""
    if asked.is_empty:
        return Fit("unknown", 0.0)
    heard = _Heard.of(analysis, asked)
    against = _ruled_out(analysis, asked, heard)
    if against:
        return Fit("contradicted", 0.0, (against,))
    parts = [*_parts(analysis, asked, heard)]
    for part in parts:
        if part.fits is False:
            return Fit("contradicted", 0.0, (part.reason,))
    satisfied = [part for part in parts if part.fits]
    score = _share(satisfied, parts)
    reasons = tuple(part.reason for part in satisfied)
    has_content = any(part.is_content for part in satisfied) or not any(
        part.is_content for part in parts
    )
    return Fit(_state(score, has_content, thresholds), score, reasons)


def filled(fit: Fit, told: Fit) -> Fit:
    """What the rules found; only where they could not say, what somebody else told."""
    if fit.state in ("satisfied", "contradicted") or told.state == "unknown":
        return fit
    if told.state == "contradicted":
        return told
    return Fit(told.state, max(fit.score, told.score), fit.reasons + told.reasons)


def states_nothing(analysis: Analysis, asked: Understood) -> bool:
    """Whether none of the labels that make up a description is stated: a quick first look."""
    if asked.terms or not asked.labels:
        return False
    return not any(
        found.label in accepted(category, labels)
        for category, labels in asked.labels.items()
        for found in analysis.labels.get(category, ())
    )


class _Heard(NamedTuple):
    """The profile's words, gathered only where the description has words to look for."""

    said: frozenset[str]
    bio: tuple[str, ...]
    location: tuple[str, ...]

    @classmethod
    def of(cls, analysis: Analysis, asked: Understood) -> _Heard:
        profile = analysis.profile
        excluded = asked.excluded
        if not (asked.terms or asked.places or excluded.terms or excluded.places):
            return cls(frozenset(), (), ())
        bio = tokens(profile.bio or "")
        said = frozenset(bio + tokens(profile.name or ""))
        return cls(said, bio, tokens(profile.location or ""))

    def says(self, term: str) -> bool:
        """Whether bio or name holds a folded singular word, in the singular or plural."""
        return not self.said.isdisjoint((term, f"{term}s", f"{term}es", f"{term[:-1]}ies"))


def _share(satisfied: list[_Asked], parts: list[_Asked]) -> float:
    if not parts:  # "everyone": only words that ask for nothing
        return 1.0
    return sum(part.weight for part in satisfied) / sum(part.weight for part in parts)


def _state(score: float, has_content: bool, thresholds: Thresholds) -> State:
    if score >= thresholds.satisfied and has_content:
        return "satisfied"
    return "partly" if score >= thresholds.partly and has_content else "unknown"


def _ruled_out(analysis: Analysis, asked: Understood, heard: _Heard) -> str | None:
    excluded = asked.excluded
    if analysis.kind.kind in excluded.kinds:
        return f"is {_a_kind(analysis.kind.kind)}, which the segment excludes"
    for category, label in excluded.labels:
        if found := _found(analysis, category, (label,)):
            return f"{found}, which the segment excludes"
    for term in excluded.terms:
        if heard.says(term):
            return f"{term_words(analysis.profile, term)}, which the segment excludes"
    for place in excluded.places:
        if _is_located(heard, places_in(heard.location), place):
            return f"location is in {place.name.title()}, which the segment excludes"
    return None


def _parts(analysis: Analysis, asked: Understood, heard: _Heard) -> Iterator[_Asked]:
    if asked.kind == "organization":
        fits = {"organization": True, "person": False}.get(analysis.kind.kind)
        yield _Asked(WEIGHTS["kind"], fits, f"is {_a_kind(analysis.kind.kind)}")
    if asked.follower_tiers and analysis.tier:
        in_tier = analysis.tier in asked.follower_tiers
        yield _Asked(WEIGHTS["tier"], in_tier, f"has {TIER_WORDS[analysis.tier]}")
    if asked.gender_values:
        yield _gender(analysis, asked.gender_values)
    for category, labels in asked.labels.items():
        found = _found(analysis, category, labels)
        yield _Asked(WEIGHTS[category], bool(found) or None, found, is_content=True)
    if asked.places:
        yield _place(asked.places, heard)
    weight = min(WEIGHTS["term"], _MOST_TERM_WEIGHT / (len(asked.terms) or 1))
    for term in asked.terms:
        fits = heard.says(term) or None
        reason = term_words(analysis.profile, term) if fits else ""
        yield _Asked(weight, fits, reason, is_content=True)


def _found(analysis: Analysis, category: Category, labels: tuple[str, ...]) -> str:
    wanted = accepted(category, labels)
    for found in analysis.labels.get(category, ()):
        if found.label in wanted:
            return label_words(analysis.profile, found)
    return ""


def _gender(analysis: Analysis, wanted: tuple[str, ...]) -> _Asked:
    gender = analysis.gender
    if gender.gender in wanted:
        return _Asked(WEIGHTS["gender"], True, gender_words(gender))
    if gender.gender == "unknown" or gender.confidence != "high":
        return _Asked(WEIGHTS["gender"], None)
    return _Asked(WEIGHTS["gender"], False, gender_words(gender))


def _place(wanted: tuple[Place, ...], heard: _Heard) -> _Asked:
    """A location elsewhere contradicts; a place that the bio names only ever satisfies."""
    weight = WEIGHTS["place"]
    located = places_in(heard.location)
    named = places_in([word for word in heard.bio if word not in _NOT_IN_BIOS])
    for place in wanted:
        if _is_located(heard, located, place):
            return _Asked(weight, True, f"location is in {place.name.title()}")
        if any(place.holds(found) for found in named) or _names(heard.bio, place):
            return _Asked(weight, True, f"bio names {place.name.title()}")
    countries = frozenset[str]().union(*(found.countries() for found in located))
    is_known = located and all(place.countries() for place in wanted)
    if is_known and not any(countries & place.countries() for place in wanted):
        where = min(found.country or found.name for found in located)
        return _Asked(weight, False, f"location is in {where.title()}")
    return _Asked(weight, None)


def _is_located(heard: _Heard, located: frozenset[Place], place: Place) -> bool:
    return any(place.holds(found) for found in located) or _names(heard.location, place)


def _names(read: tuple[str, ...], place: Place) -> bool:
    """A place that the list does not know is looked for by its own words."""
    return not place.countries() and f" {place.name} " in f" {' '.join(read)} "


def _a_kind(kind: str) -> str:
    return "an organisation" if kind == "organization" else f"a {kind}"
