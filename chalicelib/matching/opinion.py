"""A second opinion on a profile, a language model's say, and what it may add to the rules'.

It only fills what the rules left open: a label category of which they found no listed label, and a
description that they found neither satisfied nor contradicted. What they satisfied stays satisfied
and what they contradicted stays contradicted; tiers and genders are none of its business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from chalicelib.matching.aliases import Category
from chalicelib.matching.description import Fit, State
from chalicelib.matching.engine import Analysis
from chalicelib.matching.lexicon import Found
from chalicelib.matching.match import CompiledSegment, Verdict, match
from chalicelib.matching.text import normalise
from chalicelib.matching.thresholds import PARTLY_FROM, SATISFIED_FROM
from chalicelib.matching.wording import opinion_words

OpinionFit = Literal["fits", "partly", "contradicts", "unclear"]
FITS: Final[tuple[OpinionFit, ...]] = get_args(OpinionFit)

_STATES: Final[dict[OpinionFit, tuple[State, float]]] = {
    "fits": ("satisfied", SATISFIED_FROM),
    "partly": ("partly", PARTLY_FROM),
    "contradicts": ("contradicted", 0.0),
    "unclear": ("unknown", 0.0),
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """How a profile fits a segment's description, and which of the segment's labels it states."""

    fit: OpinionFit
    labels: tuple[str, ...] = ()
    quote: str = ""
    """The profile's own words on which the opinion rests."""
    reason: str = ""


def is_open(analysis: Analysis, segment: CompiledSegment, verdict: Verdict) -> bool:
    """Whether the rules left open what a second opinion could make better.

    It is where the most favourable opinion would change the verdict of the rules: nothing
    contradicts, something is unknown, and there is a bio to read.
    """
    if not (analysis.profile.bio or "").strip():
        return False
    if segment.description.is_empty and not segment.labels:
        return False
    listed = tuple(label for labels in segment.labels.values() for label in labels)
    best = with_opinion(analysis, segment, Opinion("fits", listed))[1]
    return best.confidence != verdict.confidence


def with_opinion(
    analysis: Analysis, segment: CompiledSegment, opinion: Opinion
) -> tuple[Analysis, Verdict]:
    """The analysis with the labels that the opinion adds, and the verdict that follows."""
    fuller = analysis._replace(labels={**analysis.labels, **_added(analysis, segment, opinion)})
    state, share = _STATES[opinion.fit]
    words = opinion_words(analysis.profile, opinion.quote, opinion.reason)
    return fuller, match(fuller, segment, told=Fit(state, share, (words,) if words else ()))


def _added(
    analysis: Analysis, segment: CompiledSegment, opinion: Opinion
) -> dict[Category, tuple[Found, ...]]:
    """The opinion's labels, for the categories of which the rules found no listed label."""
    phrase = normalise(opinion.quote)
    added: dict[Category, tuple[Found, ...]] = {}
    for category, wanted in segment.labels.items():
        stated = analysis.labels.get(category, ())
        if wanted.isdisjoint([found.label for found in stated]):
            new = tuple(Found(label, phrase) for label in opinion.labels if label in wanted)
            added[category] = (*stated, *new)
    return {category: labels for category, labels in added.items() if labels}
