"""Whether a profile fits a segment: contract 3.9, with the reasons a customer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from chalicelib.matching.aliases import CATEGORIES, Category, accepted
from chalicelib.matching.description import Fit, filled, judge_description, states_nothing
from chalicelib.matching.engine import Analysis
from chalicelib.matching.sentence import Understood, read_sentence
from chalicelib.matching.thresholds import Thresholds, after_feedback
from chalicelib.matching.wording import TIER_WORDS, gender_words, label_words

MOST_REASONS: Final = 5


@dataclass(frozen=True, slots=True)
class SegmentFilters:
    """What a segment asks for, as the contract's POST /segments states it."""

    description: str
    gender_values: tuple[str, ...] = ()
    labels: Mapping[Category, tuple[str, ...]] = field(default_factory=dict)
    follower_tiers: tuple[str, ...] = ()
    good: int = 0
    """How often its leads were called good."""
    bad: int = 0


@dataclass(frozen=True, slots=True)
class CompiledSegment:
    """A segment read once for all profiles."""

    genders: frozenset[str]
    tiers: frozenset[str]
    labels: Mapping[Category, frozenset[str]]
    """Per category, the labels that satisfy it: the listed ones and those of their kind."""
    description: Understood
    thresholds: Thresholds
    filters: SegmentFilters
    """What it was read from."""


class Verdict(NamedTuple):
    """`confidence` None: no match, and the reasons say why. `score` is 0 to 1, to rank by."""

    confidence: Literal["high", "medium"] | None
    reasons: tuple[str, ...]
    score: float


def compile_segment(segment: SegmentFilters) -> CompiledSegment:
    """Read the description and widen the labels, once per segment."""
    return CompiledSegment(
        genders=frozenset(segment.gender_values),
        tiers=frozenset(segment.follower_tiers),
        labels={
            category: accepted(category, tuple(segment.labels[category]))
            for category in CATEGORIES
            if segment.labels.get(category)
        },
        description=read_sentence(segment.description),
        thresholds=after_feedback(segment.good, segment.bad),
        filters=segment,
    )


def match(analysis: Analysis, segment: CompiledSegment, *, told: Fit | None = None) -> Verdict:
    """Judge tier, gender, labels, then description; the same input gives the same verdict.

    `told` says how the description fits, where the rules alone cannot tell.
    """
    refused = _refused_tier(analysis, segment) or _refused_gender(analysis, segment)
    if refused:
        return Verdict(None, (refused,), 0.0)
    by_label, missing = _labels(analysis, segment)
    if missing and not by_label:
        return Verdict(None, (_why_not(missing),), 0.0)
    if told is None and not segment.labels and states_nothing(analysis, segment.description):
        return Verdict(None, (_why_not(missing),), 0.0)
    fit = judge_description(analysis, segment.description, segment.thresholds)
    fit = filled(fit, told) if told else fit
    if fit.state == "contradicted":
        return Verdict(None, fit.reasons[:1], 0.0)
    confidence = _confidence(analysis, segment, bool(by_label), not missing, fit)
    if confidence is None:
        return Verdict(None, _explained((_why_not(missing),), segment), 0.0)
    reasons = (*by_label, *_audience(analysis, segment), *fit.reasons)
    if _is_brand(analysis, segment):
        reasons = ("looks like an organisation, the segment asks for people", *reasons)
    share = len(by_label) / len(segment.labels) if segment.labels else fit.score
    return Verdict(confidence, _explained(tuple(dict.fromkeys(reasons)), segment), round(share, 3))


def _explained(reasons: tuple[str, ...], segment: CompiledSegment) -> tuple[str, ...]:
    """At most five reasons; the last tells that feedback moved a bar, where one was applied."""
    why = segment.thresholds.why
    if segment.labels or not why:
        return reasons[:MOST_REASONS]
    return (*reasons[: MOST_REASONS - 1], why)


def _confidence(
    analysis: Analysis, segment: CompiledSegment, some: bool, every: bool, fit: Fit
) -> Literal["high", "medium"] | None:
    """Contract 3.9; `some` and `every` tell of the label categories that are satisfied."""
    if segment.labels:
        matched, full = some, some and every
    else:
        matched, full = fit.state in ("satisfied", "partly"), fit.state == "satisfied"
    if not matched:
        return None
    unsure = segment.genders and analysis.gender.gender == "unknown"
    return "medium" if unsure or not full or _is_brand(analysis, segment) else "high"


def _is_brand(analysis: Analysis, segment: CompiledSegment) -> bool:
    seeks_people = (
        segment.description.kind == "person" or segment.genders or "job_role" in segment.labels
    )
    return bool(seeks_people) and analysis.kind.kind == "organization"


def _refused_tier(analysis: Analysis, segment: CompiledSegment) -> str | None:
    if not segment.tiers or analysis.tier in segment.tiers:
        return None
    if analysis.tier is None:
        return "follower count is not known"
    return f"has {TIER_WORDS[analysis.tier]}"


def _refused_gender(analysis: Analysis, segment: CompiledSegment) -> str | None:
    gender = analysis.gender
    if not segment.genders or gender.gender in (*segment.genders, "unknown"):
        return None
    return gender_words(gender)


def _labels(analysis: Analysis, segment: CompiledSegment) -> tuple[list[str], list[str]]:
    """The reasons of the satisfied categories, and the names of the others."""
    reasons, missing = [], []
    for category, wanted in segment.labels.items():
        stated = analysis.labels.get(category, ())
        found = next((found for found in stated if found.label in wanted), None)
        if found:
            reasons.append(label_words(analysis.profile, found))
        else:
            missing.append(category.replace("_", " "))
    return reasons, missing


def _audience(analysis: Analysis, segment: CompiledSegment) -> list[str]:
    reasons = []
    if segment.genders and analysis.gender.gender in segment.genders:
        reasons.append(gender_words(analysis.gender))
    if segment.tiers and analysis.tier:
        reasons.append(f"has {TIER_WORDS[analysis.tier]}")
    return reasons


def _why_not(missing: list[str]) -> str:
    return f"states no {' or '.join(missing)} asked for" if missing else "says too little that fits"
