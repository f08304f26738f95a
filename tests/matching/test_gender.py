"""Gender: what is stated, what a first name says, and when nothing is said at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.matching.gender import GenderVerdict, judge_gender
from chalicelib.matching.names import known_names
from tests.matching.profiles import made_up


def of_bio(bio: str) -> GenderVerdict:
    return judge_gender(made_up(bio=bio), "person")


@pytest.mark.parametrize(
    ("bio", "gender"),
    [
        ("she/her", "female"),
        ("Designer (She/Her/Hers)", "female"),
        ("ella/she · poeta", "female"),
        ("she/they", "female"),
        ("he | him", "male"),
        ("él/he", "male"),
        ("ele/dele", "male"),
        ("they/them", "unknown"),
        ("he/she/they", "unknown"),
        ("they/them, mom of a boy", "unknown"),
        ("and/or, his/hers towels", "unknown"),
        ("Mom of 2 boys", "female"),
        ("mother of a son", "female"),
        ("Girl dad and coffee drinker", "male"),
        ("proud boy mom", "female"),
        ("Wife of a pilot, nurse", "female"),
        ("Brother of three", "male"),
        ("just a girl in the world", "female"),
        ("Your friendly neighbourhood guy", "male"),
        ("25 year old male from Leeds", "male"),
        ("Actress & writer", "female"),
        ("Businesswoman", "female"),
        ("Madre de dos, ingeniera civil", "female"),
        ("Abogado, esposo y padre", "male"),
        ("Profesora de historia", "female"),
        ("Étudiante en droit, maman", "female"),
        ("Lehrerin und Mutter", "female"),
        ("Advogada e mãe", "female"),
        ("Infirmière à Lyon", "female"),
        ("Krankenschwester in Wien", "female"),
        ("Desenvolvedor web", "male"),
        ("Entrenador de fútbol", "male"),
        ("Papà di due bimbi, marito", "male"),
        ("my husband is a saint", "female"),
        ("I love my wife", "male"),
        ("Mr. Robot fan", "unknown"),
        ("Man United till the end", "unknown"),
        ("Gilmore Girls, Mad Men, Spider-Man", "unknown"),
        ("Boy bands forever", "unknown"),
        ("Happy Mother's Day shop", "unknown"),
        ("ashes and sherbet, theman's choice", "unknown"),
        ("Shoes for a man of taste", "unknown"),
        ("Looking for a girl to cook with", "unknown"),
        ("My mom says hello", "unknown"),
        ("RIP Dad", "unknown"),
        ("Women in tech. Girls who code.", "unknown"),
        ("His wife, her husband: a novel", "unknown"),
        ("Mum and dad of three", "unknown"),
        ("mother tongue: Dutch", "unknown"),
        ("My name is Laura and I knit", "female"),
        ("Soy Diego, de Quito", "male"),
        ("I'm happy. I am hope.", "unknown"),
        ("🌻🌻", "unknown"),
    ],
)
def test_what_a_bio_says(bio: str, gender: str) -> None:
    assert of_bio(bio).gender == gender


@pytest.mark.parametrize(
    ("name", "handle", "gender"),
    [
        ("Laura Tolland", "x9", "female"),
        ("María José Rivas", "x9", "female"),
        ("José María Rivas", "x9", "male"),
        ("Dr. Marisa Tolland", "x9", "female"),
        ("Mrs. Tolland", "x9", "female"),
        ("Mr Tolland", "x9", "male"),
        ("Sra. Rivas", "x9", "female"),
        ("🌻 Ana Luz 🌻", "x9", "female"),
        ("𝓛𝓪𝓾𝓻𝓪 Tolland", "x9", "female"),
        ("Priya Raman", "x9", "female"),
        ("Mehmet Kaya", "x9", "male"),
        ("Fatima Noor", "x9", "female"),
        ("João Alves", "x9", "male"),
        ("Giulia Conti", "x9", "female"),
        ("Jürgen Holz", "x9", "male"),
        ("Mike", "x9", "male"),
        ("Taylor Marsh", "x9", "unknown"),
        ("Alexis Dunn", "x9", "unknown"),
        ("Taylor Marsh", "laura_marsh", "unknown"),
        ("Hope", "x9", "unknown"),
        ("Hope Tolland", "x9", "female"),
        ("山田太郎", "x9", "unknown"),
        ("", "x9", "unknown"),
        (None, "laura_tolland", "female"),
        (None, "DiegoRivas77", "male"),
        (None, "itslaura", "female"),
        (None, "matthewkrug", "male"),
        (None, "theresakrug", "female"),
        (None, "therealdiego", "male"),
        (None, "itslaurakrug", "female"),
        (None, "annnna", "female"),
        (None, "m1chelle_k", "female"),
        (None, "LAURATOLLAND", "female"),
        (None, "xo_laura", "female"),
        (None, "MissTolland", "female"),
        (None, "rainygirl", "female"),
        (None, "beerguy", "male"),
        (None, "jthomas", "unknown"),
        (None, "texasranger", "unknown"),
        (None, "qwrtzp", "unknown"),
        (None, "kenyatoday", "unknown"),
        ("LauraTolland", "LauraTolland", "female"),
        ("@lauratolland", "lauratolland", "female"),
    ],
)
def test_what_a_name_says(name: str | None, handle: str, gender: str) -> None:
    assert judge_gender(made_up(name=name, handle=handle), "person").gender == gender


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"bio": "she/her"}, GenderVerdict("female", "high", "bio says “she/her”")),
        ({"bio": "Proud dad"}, GenderVerdict("male", "high", "bio says “dad”")),
        ({"name": "Laura T"}, GenderVerdict("female", "high", "name says “Laura”")),
        ({"handle": "laura_t"}, GenderVerdict("female", "medium", "handle says “Laura”")),
        ({"bio": "my husband cooks"}, GenderVerdict("female", "medium", "bio says “my husband”")),
        ({"bio": "I'm Laura"}, GenderVerdict("female", "medium", "bio names “Laura”")),
        (
            {"name": "Laura T", "bio": "father of one"},
            GenderVerdict("male", "medium", "bio says “father”"),
        ),
        ({"name": "Diego T", "bio": "they/them"}, GenderVerdict("unknown")),
        (
            {"handle": "laura_t", "bio": "my husband cooks"},
            GenderVerdict("female", "high", "handle says “Laura”"),
        ),
        ({"handle": "matthewkrug", "bio": "my husband cooks"}, GenderVerdict("unknown")),
    ],
)
def test_how_sure_and_why(known: dict[str, Any], verdict: GenderVerdict) -> None:
    assert judge_gender(made_up(**known), "person") == verdict


@pytest.mark.parametrize(
    "known",
    [
        {"name": "Laura's Bakery", "bio": "We bake daily. Visit our shop!"},
        {"handle": "DiegoRestaurants", "bio": "Restaurante familiar. Somos tres hermanos"},
        {"handle": "maria_fanpage", "bio": "Official fan page, all news and updates"},
    ],
)
def test_organisations_have_no_gender(known: dict[str, Any]) -> None:
    assert judge_gender(made_up(**known)) == GenderVerdict("unknown")
    assert judge_gender(made_up(**known), "organization") == GenderVerdict("unknown")


def test_names_hidden_in_a_handle_count_for_persons_only() -> None:
    hidden = made_up(handle="sunnylaurashine")
    whole = made_up(handle="laura_shine")
    assert judge_gender(hidden, "unknown").gender == "unknown"
    assert judge_gender(whole, "unknown").gender == "female"


def test_the_name_list_is_read_whole() -> None:
    names = known_names()
    assert len(names) > 20_000
    assert names["laura"].gender == "female"
    assert names["diego"].sure
    assert names["taylor"].gender is None
    assert all(name.isascii() and name.islower() for name in names)


@settings(max_examples=200, deadline=None)
@given(
    handle=st.text(max_size=20),
    name=st.none() | st.text(max_size=50),
    bio=st.none() | st.text(max_size=200),
)
def test_any_text_gets_the_same_verdict_twice(**known: Any) -> None:
    verdict = judge_gender(made_up(**known))
    assert judge_gender(made_up(**known)) == verdict
    assert (verdict.gender == "unknown") == (verdict.reason is None)
