"""One analysis of a profile: every verdict in one value."""

from __future__ import annotations

import pytest

from chalicelib.matching.engine import analyse
from tests.matching.profiles import made_up, ordinary


def test_every_verdict() -> None:
    found = analyse(ordinary(bio="Founder of a fintech. She/her", followers=1_000))
    assert found.kind.kind == "person"
    assert found.gender.gender == "female"
    assert found.label_names() == {"job_role": ["Founder"], "industry": ["Fintech"]}
    assert found.tier == "1k_to_10k"
    assert not found.bot.is_bot


def test_nothing_known_gives_nothing() -> None:
    found = analyse(made_up())
    assert (found.kind.kind, found.gender.gender, found.tier) == ("unknown", "unknown", None)
    assert found.label_names() == {}
    assert not found.bot.is_bot


@pytest.mark.parametrize(("threshold", "is_bot"), [(0.0, True), (1.01, False)])
def test_the_bot_threshold_is_the_caller_s(threshold: float, is_bot: bool) -> None:
    assert analyse(ordinary(), bot_threshold=threshold).bot.is_bot is is_bot


def test_an_organisation_has_no_gender() -> None:
    found = analyse(made_up(name="Anna's Bakery Ltd", bio="We bake. Official account. Order now"))
    assert (found.kind.kind, found.gender.gender) == ("organization", "unknown")


def test_a_bio_that_opens_with_a_role_is_a_person_s() -> None:
    bio = "Abogada. Nuestra firma brinda asesoría a empresas. Contáctanos"
    found = analyse(made_up(bio=bio))
    assert found.kind.kind == "person"
    assert "works as “abogada”" in found.kind.reasons
    assert analyse(made_up(bio=f"Firma de {bio}")).kind.kind == "organization"
