"""Which answers of a model are believed, and in what form they are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.judging.answers import LONGEST_QUOTE, LONGEST_REASON, checked
from chalicelib.judging.question import Shown
from chalicelib.matching.match import SegmentFilters
from chalicelib.matching.opinion import Opinion

SEGMENT = SegmentFilters("sea cooks", labels={"job_role": ("Chef", "Captain")})
BIO = "Cook at sea, since I was twelve — ¡siempre en el mar!"
ASKED = [
    Shown("digest-a", "a", {"bio": BIO, "name": "Ana Ferreira"}),
    Shown("digest-b", "b", {"bio": "Kettles, mostly", "location": "Vexholm"}),
]
GOOD = {"id": "a", "fit": "fits", "labels": ["Chef"], "quote": "Cook at sea", "reason": "a cook"}
UNCLEAR = {"id": "b", "fit": "unclear", "labels": [], "quote": "", "reason": ""}


def _of_a(**changed: Any) -> tuple[Opinion | None, dict[str, int]]:
    found, faults = checked({"answers": [GOOD | changed, UNCLEAR]}, ASKED, SEGMENT)
    assert found["digest-b"] == Opinion("unclear")
    return found.get("digest-a"), dict(faults)


def test_a_good_answer() -> None:
    assert _of_a() == (Opinion("fits", ("Chef",), "Cook at sea", "a cook"), {})


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"id": "c"}, "missing"),
        ({"id": 7}, "missing"),
        ({"id": "b"}, "missing"),
        ({"fit": "high"}, "malformed"),
        ({"fit": ["fits"]}, "malformed"),
        ({"labels": "Chef"}, "malformed"),
        ({"labels": ["Chef"] * 51}, "malformed"),
        ({"quote": None}, "malformed"),
        ({"reason": {}}, "malformed"),
        ({"quote": ""}, "unfounded"),
        ({"quote": "…"}, "unfounded"),
        ({"quote": "Kettles, mostly"}, "unfounded"),  # somebody else's words
        ({"quote": "Cook sea"}, "unfounded"),  # not in a row
        ({"quote": "ook at se"}, "unfounded"),  # not whole words
        ({"fit": "contradicts", "quote": "hates the sea"}, "unfounded"),
        ({"fit": "unclear", "quote": "a chef"}, "unfounded"),  # a label needs words too
    ],
)
def test_an_answer_that_is_not_believed(changed: dict[str, Any], fault: str) -> None:
    if changed.get("id") == "b":  # then b is answered twice
        found, faults = checked({"answers": [GOOD | changed, UNCLEAR]}, ASKED, SEGMENT)
        assert found == {}
        assert faults == {"missing": 1, "ambiguous": 1}
    else:
        assert _of_a(**changed) == (None, {fault: 1})


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"labels": []}, {"labels": ()}),
        ({"labels": ["Pirate", "Chef", "Chef"]}, {}),  # what is not asked for, and twice
        ({"quote": "SIEMPRE en el mar"}, {"quote": "SIEMPRE en el mar"}),
        ({"quote": "cook  at\nsea, since"}, {"quote": "cook at sea, since"}),
        ({"quote": "Ana Ferreira"}, {"quote": "Ana Ferreira"}),
        ({"more": "than asked"}, {}),
        ({"reason": ""}, {"reason": ""}),
        # what customers see is plain text in one line
        ({"reason": "see https://evil.example/x now"}, {"reason": "see now"}),
        ({"reason": "ask @evil or evil.example/pay"}, {"reason": "ask or"}),
        ({"reason": "a\u202e \x1b[31mcook\n"}, {"reason": "a [31mcook"}),
    ],
)
def test_what_becomes_of_an_answer(changed: dict[str, Any], shown: dict[str, Any]) -> None:
    good = Opinion("fits", ("Chef",), "Cook at sea", "a cook")
    assert _of_a(**changed) == (replace(good, **shown), {})


def test_unclear_needs_no_words() -> None:
    assert _of_a(fit="unclear", labels=["Pirate"], quote="") == (Opinion("unclear"), {})


@pytest.mark.parametrize("answers", [None, {}, "none", [1, None]])
def test_no_answers_at_all(answers: Any) -> None:
    assert checked({"answers": answers}, ASKED, SEGMENT) == ({}, {"missing": 2})
    assert checked({}, ASKED, SEGMENT) == ({}, {"missing": 2})


def test_long_texts_are_cut_after_a_word() -> None:
    said = " ".join(["sailing"] * 40)
    asked = [Shown("digest-a", "a", {"bio": said})]
    found, _ = checked({"answers": [GOOD | {"quote": said, "reason": said}]}, asked, SEGMENT)
    opinion = found["digest-a"]
    assert len(opinion.quote) <= LONGEST_QUOTE
    assert len(opinion.reason) <= LONGEST_REASON + 1
    assert opinion.quote.endswith("sailing")
    assert opinion.reason.endswith("sailing…")
