"""The canonical vocabulary: spellings that mean a label, and suggestions for those that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.matching import aliases
from chalicelib.matching.aliases import CATEGORIES, Category, spellings
from chalicelib.matching.labels import VOCABULARY, canonical, suggestions

_DATA = Path(aliases.__file__).parent / "data"


@pytest.mark.parametrize(
    ("category", "text", "label"),
    [
        ("job_role", "Founder", "Founder"),
        ("job_role", "  fOUNDER ", "Founder"),
        ("job_role", "founders", "Founder"),
        ("job_role", "co founder", "Co-Founder"),
        ("job_role", "COFOUNDERS", "Co-Founder"),
        ("job_role", "Software-Engineer", "Software Engineer"),
        ("job_role", "softwareengineer", "Software Engineer"),
        ("job_role", "SWE", "Software Engineer"),
        ("job_role", "PM", "Product Manager"),
        ("job_role", "abogada", "Lawyer"),
        ("job_role", "Diseñadores gráficos", "Designer"),
        ("job_role", "businessmen", "Entrepreneur"),
        ("job_role", "entrepeneur", "Entrepreneur"),
        ("job_role", "rechtsanwältin", "Lawyer"),
        ("skill", "ui ux", "UX/UI"),
        ("skill", "Machine Learning", "AI/ML"),
        ("skill", "sales", "Sales"),
        ("industry", "food and beverage", "Food & Beverage"),
        ("industry", "FINTECH", "Fintech"),
        ("personality", "family oriented", "Family-Oriented"),
    ],
)
def test_canonical(category: Category, text: str, label: str) -> None:
    assert canonical(category, text) == label


@pytest.mark.parametrize(
    ("category", "text"),
    [
        ("job_role", "Grand Poobah"),
        ("job_role", "Fintech"),  # a label of another category
        ("industry", "Founder"),
        ("skill", "Pyton"),
        ("job_role", ""),
        ("job_role", "???"),
    ],
)
def test_no_canonical_label(category: Category, text: str) -> None:
    assert canonical(category, text) is None


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_label_is_its_own_canonical_spelling(category: Category) -> None:
    assert [canonical(category, label) for label in VOCABULARY[category]] == [*VOCABULARY[category]]


@pytest.mark.parametrize(
    ("category", "text", "first"),
    [
        ("skill", "Pyton", "Python"),
        ("job_role", "Softwar Enginer", "Software Engineer"),
        ("industry", "Fintek", "Fintech"),
        ("job_role", "Ninja Engineer", "Engineer"),
    ],
)
def test_suggestions_begin_with_the_closest(category: Category, text: str, first: str) -> None:
    close = suggestions(category, text)
    assert close[0] == first
    assert 1 <= len(close) <= 3
    assert set(close) <= set(VOCABULARY[category])


def test_suggestions_may_find_nothing() -> None:
    assert suggestions("skill", "zzzzqqqq") == []


def test_aliases_and_broader_labels_name_only_labels_of_their_category() -> None:
    for file in ("aliases.json", "broader.json"):
        for category, by_label in json.loads((_DATA / file).read_text("utf-8")).items():
            assert set(by_label) <= set(VOCABULARY[category])
    broader = json.loads((_DATA / "broader.json").read_text("utf-8"))
    for category, by_label in broader.items():
        assert {label for narrow in by_label.values() for label in narrow} <= set(
            VOCABULARY[category]
        )


def test_every_spelling_has_words() -> None:
    assert all(phrase.strip("| ") for phrase, _ in spellings())


@pytest.mark.parametrize("phrase", ["ingeniero civil", "ingeniera civil", "profesora", "doctora"])
def test_slash_a_stands_for_both_genders(phrase: str) -> None:
    assert phrase in {spelt for spelt, _ in spellings()}
