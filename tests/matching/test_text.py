"""One folding and one tokenising: what counts as a word, a break, a mention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.text import normalise, tokens, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("CEO", "ceo"),
        ("Ingeniería Eléctrica", "ingenieria electrica"),
        ("Inge\u0301nieur", "ingenieur"),
        ("𝗖𝗘𝗢", "ceo"),
        ("ＣＴＯ", "cto"),
        ("Straße", "strasse"),
        ("it’s", "it's"),
        ("👩🏽‍💻", " 👩  💻 "),
        ("⚽️", " ⚽ "),
        ("•", "|"),
        ("プログラマー", "プログラマー"),
        ("", ""),
    ],
)
def test_normalise(text: str, folded: str) -> None:
    assert normalise(text) == folded


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Founder & CEO", "founder & ceo"),
        ("Barber &amp; Sons", "barber & sons"),
        ("ex-CEO", "ex ceo"),
        ("Writer - Paris", "writer | paris"),
        ("Writer – Paris", "writer | paris"),
        ("Writer, editor/poet", "writer | editor | poet"),
        ("C.E.O. and Ph.D", "ceo | and phd"),
        ("RR.PP", "rrpp"),
        ("farmer's daughter", "farmer 's daughter"),
        ("don't", "don 't"),
        ("l'avocat d'affaires", "l avocat d affaires"),
        ("'quoted'", "quoted"),
        ("CTO @LawyerTimes", "cto @lawyertimes"),
        ("at @ Acme", "at @ acme"),
        ("#DataScience", "datascience"),
        ("see https://lawyer.example/ceo now", "see | now"),
        ("mail ceo@acme.example today", "mail | today"),
        ("nurse👩‍💻dev", "nurse 👩 💻 dev"),
        ("🇨🇴🇪🇸", "🇨🇴 🇪🇸"),
        ("snake_case", "snake_case"),
        ("", ""),
    ],
)
def test_tokens(text: str, read: str) -> None:
    assert " ".join(tokens(text)) == read


def test_words_leave_out_mentions_endings_and_breaks() -> None:
    read = words("Farmer's CTO & mom, @acme 🐶 R&D")
    assert read == ("farmer", "cto", "mom", "🐶", "r", "d")


@given(st.text())
def test_tokens_hold_no_space_and_never_fail(text: str) -> None:
    assert all(token and token == token.strip() for token in tokens(text))
