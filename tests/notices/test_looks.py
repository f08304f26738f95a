"""Letters as people see them, in headless Chromium, on a phone and on a desk."""

from __future__ import annotations

import pytest

from chalicelib.notices.blocks import Button, Facts, Heading, Paragraph, Person, short
from chalicelib.notices.letters import letter
from chalicelib.notices.rules import names
from tests.browser import look, picture

NOBODY = Person(
    name="<script>alert(1)</script>",
    handle="anybody",
    followers=12_400,
    bio="Founder & COO of " + "aVeryLongWord" * 20,
    is_high=True,
    reasons=["bio names a founder", "1 < 2"],
    contact="anybody@example.org",
)
LETTER = letter(
    to=["noor@orbitdesk.example"],
    subject="3 new leads today",
    blocks=[
        Heading("Builders", "2 high fit, 1 medium fit"),
        NOBODY,
        Person(name="Li", handle="li", followers=None, bio="", is_high=False, reasons=[]),
        Paragraph("And 1 more."),
        Facts([("Account", "@orbitdesk")]),
        Button("See all leads", "https://app.example/?a=1&b=2"),
    ],
    why="You get this every day at 8:00 (UTC) when there are new leads.",
    notice="n",
    ends=(7, "digest"),
)


@pytest.mark.parametrize("width", [320, 760])
def test_it_is_drawn_and_fits_and_asks_nobody(width: int) -> None:
    seen = look(LETTER.html, width=width)
    assert seen.errors == []
    assert not [each for each in seen.requests if not each.startswith("file:")]
    drawn = picture(seen.png)
    assert drawn.is_drawn
    assert drawn.width == width  # nothing sticks out to the right
    for words in ("3 new leads today", "Builders", "<script>alert(1)</script>", "Stop these mails"):
        assert words in seen.text


def test_what_people_wrote_is_text() -> None:
    assert "<script>" not in LETTER.html
    assert "&lt;script&gt;" in LETTER.html
    assert "<script>alert(1)</script> - high fit" in LETTER.text
    assert "https://app.example/?a=1&b=2" in LETTER.text
    assert "<img" not in LETTER.html


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (940, "940"), (1000, "1k"), (12_400, "12.4k"), (3_000_000, "3M")],
)
def test_numbers_as_people_say_them(number: int, said: str) -> None:
    assert short(number) == said


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abcde"), "a, b, c and 2 more")],
)
def test_a_few_of_many(words: list[str], said: str) -> None:
    assert names(words) == said
