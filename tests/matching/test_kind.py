"""Person or organisation: brands, bands and desks against their fans, owners and staff."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.matching.kind import judge_kind
from tests.matching.profiles import AS_OF, made_up

ORGANISATIONS: list[dict[str, Any]] = [
    {"bio": "We help small bakeries sell online. Join us!"},
    {"bio": "Official account of the Larkham Rovers"},
    {"bio": "Award-winning company providing cloud services for dentists"},
    {"bio": "Somos una compañía que fabrica y vende muebles"},
    {"bio": "Firma de abogados. Brindamos asesoría a nuestros clientes"},
    {"bio": "Restaurante de comida típica. Reservas: 601 555 0199"},
    {"bio": "Trabajamos por los jóvenes de la región"},
    {"bio": "Latest news and updates from the harbour. Email news@larkham.example"},
    {"bio": "Wir sind eine Agentur für unsere Kunden"},
    {"handle": "LarkhamNews", "bio": "The latest from Larkham"},
    {"handle": "OrbitDeskHQ", "name": "Orbit Desk Inc", "bio": None},
    {"handle": "larkhamjobs", "bio": "Jobs in Larkham, updates daily"},
    {"handle": "48213qnrb", "bio": None},
    {
        "name": "The Quiet Foxes",
        "bio": "Band from Leeds. Our new record is out. Booking: booking@foxes.example",
    },
]
PERSONS: list[dict[str, Any]] = [
    {"bio": "I sell shoes and I love it"},
    {"bio": "Founder and CEO of Orbit Desk, a company that helps bakeries"},
    {"bio": "Fan of Larkham Rovers FC, dad of two"},
    {"bio": "Nurse at the university hospital"},
    {"bio": "Journalist. Opinions my own"},
    {"bio": "Periodista y madre. Hincha del club de mis amores"},
    {"bio": "Abogada, profesora de la Universidad del Lago"},
    {"bio": "Marketing manager at a software company. Wife, runner."},
    {"bio": "Official fangirl of the Quiet Foxes, I cry a lot"},
    {"bio": "Retired teacher | gardener | grandmother"},
    {"handle": "laura_tolland", "name": "Laura Tolland", "bio": None},
    {"handle": "marisatolland", "name": "Dr. Marisa Tolland", "bio": "Dentist"},
    {"handle": "noor_h", "name": "Noor", "bio": "she/her. my cat owns this account"},
]
UNKNOWN: list[dict[str, Any]] = [
    {"bio": None},
    {"bio": ""},
    {"bio": "🌙🌙🌙"},
    {"handle": "", "bio": "Blue and green"},
    {"handle": "qwrtzp", "name": "qwrtzp", "bio": None},
]


@pytest.mark.parametrize("known", ORGANISATIONS)
def test_organisations(known: dict[str, Any]) -> None:
    verdict = judge_kind(made_up(**known))
    assert verdict.kind == "organization"
    assert verdict.reasons


@pytest.mark.parametrize("known", PERSONS)
def test_persons(known: dict[str, Any]) -> None:
    verdict = judge_kind(made_up(**known))
    assert verdict.kind == "person"
    assert verdict.reasons


@pytest.mark.parametrize("known", UNKNOWN)
def test_too_little_said(known: dict[str, Any]) -> None:
    verdict = judge_kind(made_up(**known))
    assert verdict.kind == "unknown"
    assert verdict.reasons == ()


def test_a_place_of_work_is_no_organisation_speaking() -> None:
    at_work = {cue for cue, _ in judge_kind(made_up(bio="Working at a company")).cues}
    itself = {cue for cue, _ in judge_kind(made_up(bio="Innovative company")).cues}
    assert "affiliation" in at_work
    assert "organisation" in itself


@pytest.mark.parametrize(
    ("bio", "phone"),
    [
        ("Ring 555-019-4432", True),
        ("Tel. +44 20 7946 0018", True),
        ("Class of 2019-2023", False),
        ("Born 14.05.1990", False),
        ("1 of 7", False),
    ],
)
def test_telephone_numbers_are_no_years(bio: str, phone: bool) -> None:
    assert (("phone", "") in judge_kind(made_up(bio=bio)).cues) is phone


def test_nobody_writes_a_hundred_posts_a_day() -> None:
    created = AS_OF.replace(year=AS_OF.year - 1)
    feed = made_up(bio="Harbour level", posts=90_000, created_at=created)
    writer = made_up(bio="Harbour level", posts=9_000, created_at=created)
    assert ("nonstop", "") in judge_kind(feed).cues
    assert ("nonstop", "") not in judge_kind(writer).cues


def test_reasons_are_for_the_verdict_weightiest_first_and_few() -> None:
    bio = "We are the official shop. Visit us! I wrote this. Call 555-019-4432 https://t.example"
    verdict = judge_kind(made_up(bio=bio))
    assert verdict.kind == "organization"
    assert len(verdict.reasons) == 3
    assert verdict.reasons[0] == "announces “visit us”"
    assert not any("“i”" in reason for reason in verdict.reasons)
