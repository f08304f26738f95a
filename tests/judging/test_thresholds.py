"""Feedback moves the thresholds of a description, within bounds, and says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.engine import analyse
from chalicelib.matching.match import MOST_REASONS, SegmentFilters, Verdict, compile_segment, match
from chalicelib.matching.thresholds import (
    MOST_SHIFT,
    PARTLY_FROM,
    SATISFIED_FROM,
    Thresholds,
    after_feedback,
)
from tests.matching.profiles import made_up

FOUNDER = {"name": "Ana Ferreira", "bio": "Founder of a shop in Berlin", "followers": 500}


@pytest.mark.parametrize(
    ("good", "bad", "shift"),
    [
        (0, 0, 0.0),
        (0, 2, 0.0),  # too few to mean anything
        (2, 0, 0.0),
        (0, 3, 0.046),
        (3, 0, -0.046),
        (5, 5, 0.0),
        (4, 6, 0.02),
        (0, 10, 0.1),
        (0, 10_000, 0.1),
        (10_000, 0, -0.1),
    ],
)
def test_shift(good: int, bad: int, shift: float) -> None:
    found = after_feedback(good, bad)
    assert found.satisfied == pytest.approx(SATISFIED_FROM + shift)
    assert found.partly == pytest.approx(PARTLY_FROM + shift)
    assert bool(found.why) is bool(shift)


@given(good=st.integers(0, 10**6), bad=st.integers(0, 10**6))
def test_bounds_hold_and_more_bad_ones_never_lower_the_bar(good: int, bad: int) -> None:
    found = after_feedback(good, bad)
    assert abs(found.satisfied - SATISFIED_FROM) <= MOST_SHIFT + 1e-9
    assert abs(found.partly - PARTLY_FROM) <= MOST_SHIFT + 1e-9
    if good + bad >= 3:
        assert after_feedback(good, bad + 1).satisfied >= found.satisfied
        assert after_feedback(good + 1, bad).satisfied <= found.satisfied


def _judged(description: str, good: int, bad: int, **filters: object) -> Verdict:
    segment = SegmentFilters(description, good=good, bad=bad, **filters)  # type: ignore[arg-type]
    return match(analyse(made_up(**FOUNDER)), compile_segment(segment))


@pytest.mark.parametrize(
    ("description", "good", "bad", "confidence"),
    [
        # role and place out of role, place and skill: a share of 5/7
        ("founders in Berlin with Python", 0, 0, "medium"),
        ("founders in Berlin with Python", 20, 0, "high"),
        ("founders in Berlin with Python", 0, 20, "medium"),
        # the role out of role, skill, industry and three words: 3/11
        ("fintech founders who code in Python and keep bees", 0, 0, None),
        ("fintech founders who code in Python and keep bees", 20, 0, "medium"),
        # a whole fit is no matter of a bar, nor is none
        ("founders in Berlin", 0, 20, "high"),
        ("chefs", 20, 0, None),
    ],
)
def test_verdicts_follow(description: str, good: int, bad: int, confidence: str | None) -> None:
    assert _judged(description, good, bad).confidence == confidence


@pytest.mark.parametrize(
    ("good", "bad", "last"),
    [
        (20, 1, "had to fit less closely after your feedback (20 good, 1 bad)"),
        (1, 20, "had to fit more closely after your feedback (1 good, 20 bad)"),
    ],
)
def test_the_shift_is_explained(good: int, bad: int, last: str) -> None:
    reasons = _judged("founders in Berlin", good, bad).reasons
    assert reasons[-1] == last
    assert len(reasons) > 1


def test_the_explanation_is_there_however_many_reasons_there_are() -> None:
    segment = "female founders with a shop, small, in Berlin, with under 1k followers"
    reasons = _judged(segment, 20, 0).reasons
    assert len(reasons) <= MOST_REASONS
    assert "feedback" in reasons[-1]


def test_label_filters_are_exact_and_no_feedback_moves_them() -> None:
    labels = {"job_role": ("Founder",)}
    plain = _judged("founders", 0, 0, labels=labels)
    assert _judged("founders", 0, 20, labels=labels) == plain
    assert after_feedback(1, 1) == Thresholds()
