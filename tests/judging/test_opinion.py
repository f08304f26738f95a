"""What a second opinion may change: what the rules left open, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.engine import analyse
from chalicelib.matching.match import SegmentFilters, compile_segment, match
from chalicelib.matching.opinion import FITS, Opinion, is_open, with_opinion
from tests.matching.profiles import made_up

SAILOR = {"name": "Ana Ferreira", "bio": "At sea since I was twelve", "location": "Berlin"}
CHEF = {"name": "Ana Ferreira", "bio": "Chef in a small kitchen", "location": "Berlin"}
BRAND = {
    "handle": "orbitdeskhq",
    "name": "Orbit Desk Inc",
    "bio": "Official account of Orbit Desk. We help shops",
}
FITS_BY_BIO = Opinion("fits", quote="At sea since I was twelve", reason="a sailor")
TO_CHEF = Opinion("unclear", ("Chef",), "At sea since I was twelve", "cooks on ships")
CHEFS = {"labels": {"job_role": ("Chef",)}}
TWO = {"labels": {"job_role": ("Chef",), "industry": ("Fintech",)}}


def _ask(description: str, filters: dict[str, Any], profile: dict[str, Any]) -> tuple[Any, ...]:
    segment = compile_segment(SegmentFilters(description, **filters))
    analysis = analyse(made_up(**profile))
    return analysis, segment, match(analysis, segment)


@pytest.mark.parametrize(
    ("description", "filters", "profile", "expected"),
    [
        # unknown: nobody could say by rules
        ("sailors", {}, SAILOR, True),
        ("sailors in Berlin", {}, SAILOR, True),  # fits in part at best
        ("chefs", CHEFS, SAILOR, True),
        ("chefs", TWO, CHEF, True),  # one category is missing
        # settled: fits, or contradicted
        ("chefs", CHEFS, CHEF, False),
        ("chefs", {}, CHEF, False),
        ("chefs in Paris", {}, CHEF, False),
        ("sailors in Paris", {}, SAILOR, False),
        ("sailors, no chefs", {}, CHEF, False),
        ("male sailors", {"gender_values": ("male",)}, SAILOR, False),
        ("sailors", {"follower_tiers": ("over_1m",)}, SAILOR | {"followers": 9}, False),
        # nothing to read, nothing to look for
        ("sailors", {}, SAILOR | {"bio": None}, False),
        ("sailors", {}, SAILOR | {"bio": " \n"}, False),
        ("???", {}, SAILOR, False),
    ],
)
def test_what_is_open(
    description: str, filters: dict[str, Any], profile: dict[str, Any], expected: bool
) -> None:
    assert is_open(*_ask(description, filters, profile)) is expected


@pytest.mark.parametrize(
    ("description", "filters", "profile", "opinion", "confidence"),
    [
        # an unknown description is filled
        ("sailors", {}, SAILOR, FITS_BY_BIO, "high"),
        ("sailors", {}, SAILOR, Opinion("partly", (), "At sea"), "medium"),
        ("sailors", {}, SAILOR, Opinion("contradicts", (), "At sea"), None),
        ("sailors", {}, SAILOR, Opinion("unclear"), None),
        # an unknown category is filled, by a label that is asked for only
        ("sea cooks", CHEFS, SAILOR, TO_CHEF, "high"),
        ("sea cooks", TWO, SAILOR, TO_CHEF, "medium"),
        ("sea cooks", CHEFS, SAILOR, Opinion("unclear", ("Captain",), "At sea"), None),
        ("sea cooks", CHEFS, SAILOR, Opinion("fits", (), "At sea"), None),
        # what the rules found stays
        ("chefs", {}, CHEF, Opinion("contradicts", (), "Chef"), "high"),
        ("chefs in Paris", {}, CHEF, Opinion("fits", (), "Chef"), None),
        ("chefs in Paris", CHEFS, CHEF, Opinion("fits", ("Chef",), "Chef"), None),
        ("chefs", CHEFS, CHEF, Opinion("unclear"), "high"),
        ("chefs", CHEFS | {"gender_values": ("male",)}, CHEF, FITS_BY_BIO, None),
        ("sailors", {"follower_tiers": ("over_1m",)}, SAILOR, FITS_BY_BIO, None),
        # gender is the rules' business: unknown stays unknown
        (
            "sailors",
            {"gender_values": ("female",)},
            SAILOR | {"name": None},
            FITS_BY_BIO,
            "medium",
        ),
        # a company is no person, whoever says so
        ("people who help shops", {}, BRAND, Opinion("fits", (), "We help shops"), "medium"),
    ],
)
def test_what_an_opinion_changes(
    description: str,
    filters: dict[str, Any],
    profile: dict[str, Any],
    opinion: Opinion,
    confidence: str | None,
) -> None:
    analysis, segment, _ = _ask(description, filters, profile)
    assert with_opinion(analysis, segment, opinion)[1].confidence == confidence


def test_the_opinion_is_shown_with_the_words_that_it_rests_on() -> None:
    analysis, segment, _ = _ask("sailors", {}, SAILOR)
    verdict = with_opinion(analysis, segment, FITS_BY_BIO)[1]
    assert verdict.reasons == ("bio says “At sea since I was twelve” (model: a sailor)",)


def test_labels_of_the_opinion_are_labels_of_the_lead() -> None:
    analysis, segment, _ = _ask("sea cooks", CHEFS, SAILOR)
    fuller, verdict = with_opinion(analysis, segment, TO_CHEF)
    assert fuller.label_names() == {"job_role": ["Chef"]}
    assert verdict.reasons[0] == "bio says “At sea since I was twelve” (Chef)"


def test_labels_that_the_rules_found_are_kept_beside_it() -> None:
    profile = SAILOR | {"bio": "Teacher. At sea since I was twelve"}
    analysis, segment, _ = _ask("sea cooks", CHEFS, profile)
    fuller, _ = with_opinion(analysis, segment, TO_CHEF)
    assert fuller.label_names() == {"job_role": ["Teacher", "Chef"]}


_DESCRIPTIONS = ["sailors", "chefs in Berlin", "founders, no chefs", "women in fintech", "all"]
_BIOS = ["At sea", "Chef and founder", "Fintech. She/her", "We are hiring", "Python in Paris"]


@given(
    description=st.sampled_from(_DESCRIPTIONS),
    bio=st.sampled_from(_BIOS),
    location=st.sampled_from([None, "Berlin", "Paris"]),
    filters=st.sampled_from([{}, CHEFS, TWO, {"gender_values": ("female",)}]),
    fit=st.sampled_from(FITS),
    labels=st.sampled_from([(), ("Chef",), ("Chef", "Fintech"), ("Founder",)]),
)
def test_a_settled_verdict_is_not_moved_by_any_opinion(
    *,
    description: str,
    bio: str,
    location: str | None,
    filters: dict[str, Any],
    fit: Any,
    labels: tuple[str, ...],
) -> None:
    profile = {"bio": bio, "location": location}
    analysis, segment, verdict = _ask(description, filters, profile)
    opinion = Opinion(fit, labels, bio, "so it is")
    told = with_opinion(analysis, segment, opinion)[1]
    if not is_open(analysis, segment, verdict) and fit != "contradicts":
        assert told.confidence == verdict.confidence
    if fit == "unclear" and not labels:
        assert told.confidence == verdict.confidence
        assert told == verdict or verdict.confidence is None  # why not may be told more exactly
