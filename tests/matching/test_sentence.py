"""A description in plain language: what it asks for, rules out, and what nobody can read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.audience import read_audience
from chalicelib.matching.sentence import read_sentence
from chalicelib.matching.text import normalise

FROM_10K = ("10k_to_100k", "100k_to_1m", "over_1m")


def test_the_contract_s_example() -> None:
    read = read_sentence("female fintech founders with over 10k followers, vexillologists")
    assert read.gender_values == ("female",)
    assert read.labels == {"job_role": ("Founder",), "industry": ("Fintech",)}
    assert read.follower_tiers == FROM_10K
    assert read.unmatched == ("vexillologists",)


def test_a_long_one() -> None:
    read = read_sentence(
        "female founders in Berlin with more than 10k followers who build AI tools, no agencies"
    )
    assert read.gender_values == ("female",)
    assert read.labels == {"job_role": ("Founder",), "industry": ("AI",)}
    assert read.follower_tiers == FROM_10K
    assert [place.name for place in read.places] == ["berlin"]
    assert read.excluded.kinds == ("organization",)
    assert read.excluded.terms == ("agency",)
    assert read.unmatched == ()
    assert read.kind == "person"


def test_spanish() -> None:
    read = read_sentence(
        "mujeres emprendedoras en Bogotá con más de 10.000 seguidores, sin agencias"
    )
    assert read.gender_values == ("female",)
    assert read.labels == {"job_role": ("Entrepreneur",)}
    assert read.follower_tiers == FROM_10K
    assert [place.name for place in read.places] == ["bogota"]
    assert read.excluded.kinds == ("organization",)


@pytest.mark.parametrize(
    ("description", "labels"),
    [
        ("founders", {"job_role": ("Founder",)}),
        ("abogadas y periodistas", {"job_role": ("Lawyer", "Journalist")}),
        ("diseñadores gráficos", {"job_role": ("Designer",)}),
        ("no-code founders", {"job_role": ("Founder",), "skill": ("No-Code",)}),
        ("marketing people in fintech", {"industry": ("Marketing & Advertising", "Fintech")}),
        ("growth marketers, VCs", {"job_role": ("Growth Marketer", "Venture Capitalist")}),
        ("SEO specialists", {"job_role": ("SEO Specialist",)}),
        ("people into SEO", {"skill": ("SEO",)}),
        ("gamers", {"personality": ("Gamer",)}),
        ("people helping others", {"personality": ("Helper",)}),
        ("founders not in crypto", {"job_role": ("Founder",)}),
        ("sales managers", {"job_role": ("Sales",)}),
        ("sports coaches", {"job_role": ("Sports Coach",)}),
        ("ingenieros civiles", {"job_role": ("Engineer",)}),
        ("directores generales", {"job_role": ("CEO",)}),
        ("consultores", {"job_role": ("Consultant",)}),
        ("salespeople", {"job_role": ("Sales",)}),
        ("midwives", {"job_role": ("Nurse",)}),
        ("Gründerinnen", {"job_role": ("Founder",)}),
        ("C-level people", {"job_role": ("Executive",)}),
        ("IT people", {"job_role": ("IT Professional",)}),
        ("founders of early-stage startups", {"job_role": ("Founder",)}),
        # who is only served is not looked for
        ("coaches for founders and investors", {"job_role": ("Coach",)}),
        ("agencies that help founders", {}),
        ("looking for founders and investors", {"job_role": ("Founder", "Investor")}),
        ("a campaign for nurses", {"job_role": ("Nurse",)}),
        ("we help coaches", {"job_role": ("Coach",)}),
        ("our agency helps nurses", {"job_role": ("Nurse",)}),
        ("I'm a coach helping nurses", {"job_role": ("Coach", "Nurse")}),
        ("everyone", {}),
    ],
)
def test_labels(description: str, labels: dict[str, Any]) -> None:
    assert read_sentence(description).labels == labels


@pytest.mark.parametrize(
    ("description", "genders"),
    [
        ("women in tech", ("female",)),
        ("businesswomen", ("female",)),
        ("hombres que programan", ("male",)),
        ("men and women", ()),
        ("founders, no men", ("female",)),
        ("founders building for women", ()),
        ("women's health advocates", ()),
        ("coaches for young women", ()),
        ("coaches for women and men", ()),
        ("women who help other women", ("female",)),
        ("looking for women in tech", ("female",)),
        ("I'm searching for female founders", ("female",)),
        ("apps for kids by women", ("female",)),
        ("founders", ()),
    ],
)
def test_gender(description: str, genders: tuple[str, ...]) -> None:
    assert read_sentence(description).gender_values == genders


@pytest.mark.parametrize(
    ("description", "labels", "terms"),
    [
        ("founders, not recruiters", ["Recruiter"], ()),
        ("founders without any crypto", ["Crypto"], ()),
        ("founders, no vexillologists", [], ("vexillologist",)),
        ("no agencies but founders", [], ("agency",)),
        ("non-technical founders", [], ("technical",)),
        ("founders (non crypto) in Oslo", ["Crypto"], ()),
        ("Python developers, no Java developers", [], ()),
        ("founders, no bots please", [], ()),
        ("founders other than crypto founders", ["Crypto"], ()),
        ("founders instead of investors", ["Investor"], ()),
        ("anyone but recruiters", ["Recruiter"], ()),
        ("fundadores en vez de inversores", ["Investor"], ()),
        ("founders, no forjadores", [], ("forjador",)),
        ("founders, non", [], ()),
    ],
)
def test_exclusions(description: str, labels: list[str], terms: tuple[str, ...]) -> None:
    excluded = read_sentence(description).excluded
    assert [label for _, label in excluded.labels] == labels
    assert excluded.terms == terms


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("founders", "person"),
        ("women in crypto", "person"),
        ("people at big companies", "person"),
        ("marketing agencies in London", "organization"),
        ("empresas de logística", "organization"),
        ("crypto", None),
    ],
)
def test_kind(description: str, kind: str | None) -> None:
    assert read_sentence(description).kind == kind


@pytest.mark.parametrize(
    ("description", "places", "unmatched"),
    [
        ("lawyers in Quito or Lisboa", ["quito", "lisbon"], ()),
        ("founders in the Netherlands", ["netherlands"], ()),
        ("NYC founders", ["new york"], ()),
        ("us founders", ["united states"], ()),
        ("founders in the us", ["united states"], ()),
        ("Lawyers to work with US", ["united states"], ()),
        ("lawyers to work with us", [], ()),
        ("founders who buy, help us", [], ("buy",)),
        ("founders in Vexholm", ["vexholm"], ()),
        ("founders in New Vexholm who paint", ["new vexholm"], ("paint",)),
        ("founders interested in vexillology", [], ("vexillology",)),
        ("Vexillologists and Founders", [], ("Vexillologists",)),
    ],
)
def test_places_and_unmatched(
    description: str, places: list[str], unmatched: tuple[str, ...]
) -> None:
    read = read_sentence(description)
    assert [place.name for place in read.places] == places
    assert read.unmatched == unmatched


@pytest.mark.parametrize(
    ("description", "places", "excluded"),
    [
        ("founders not in India", [], ["india"]),
        ("founders outside the US", [], ["united states"]),
        ("fundadores fuera de España", [], ["spain"]),
        ("founders in the US, not in California", ["united states"], ["california"]),
        ("founders in Asia but no India", ["asia"], ["india"]),
        ("founders not in Vexholm", [], ["vexholm"]),
        ("founders in Oslo, not in Oslo", ["oslo"], []),
        ("médicos no Brasil", ["brazil"], []),  # Portuguese
        ("advogadas em São Paulo", ["sao paulo"], []),
    ],
)
def test_excluded_places(description: str, places: list[str], excluded: list[str]) -> None:
    read = read_sentence(description)
    assert [place.name for place in read.places] == places
    assert [place.name for place in read.excluded.places] == excluded
    assert read.unmatched == ()


@pytest.mark.parametrize(
    ("text", "tiers"),
    [
        ("over 10k followers", FROM_10K),
        ("more than 9,999 followers", ("1k_to_10k", *FROM_10K)),
        ("at least 1m followers", ("over_1m",)),
        ("1.5m followers", ("over_1m",)),
        ("10k+ followers", FROM_10K),
        ("10k or more followers", FROM_10K),
        ("10.000 seguidores o más", FROM_10K),
        ("under 5,000 followers", ("under_1k", "1k_to_10k")),
        ("less than 1000 followers", ("under_1k",)),
        ("no more than 1k followers", ("under_1k",)),
        ("menos de 1.000 seguidores", ("under_1k",)),
        ("between 1k and 10k followers", ("1k_to_10k",)),
        ("between 1k and 10k", ("1k_to_10k",)),
        ("entre 1.000 y 10.000 seguidores", ("1k_to_10k",)),
        ("10-50k followers", ("10k_to_100k",)),
        ("más de 100 mil seguidores", ("100k_to_1m", "over_1m")),
        ("más de 1 millón de seguidores", ("over_1m",)),
        ("followers over 10k", FROM_10K),
        ("follower count: 1k-10k", ("1k_to_10k",)),
        ("follower range 1k-10k", ("1k_to_10k",)),
        ("between 1k & 10k followers", ("1k_to_10k",)),
        ("from 1k up to 10k followers", ("1k_to_10k",)),
        ("2500 followers", ("1k_to_10k",)),
        # two sides, told one after the other
        ("more than 1k but less than 10k followers", ("1k_to_10k",)),
        ("over 1k followers and under 10k", ("1k_to_10k",)),
        ("at least 1k followers, at most 10k followers", ("1k_to_10k",)),
        ("less than 10k followers but more than 1k", ("1k_to_10k",)),
        ("over 10k followers and less than 5 years of work", FROM_10K),
        # bounds behind the number, and with a full stop
        ("1000 followers or less", ("under_1k",)),
        ("5k followers max", ("under_1k", "1k_to_10k")),
        ("10k followers minimum", FROM_10K),
        ("max. 5k followers", ("under_1k", "1k_to_10k")),
        ("min. 10k followers", FROM_10K),
        ("around 20k followers", ("10k_to_100k",)),
        ("10k+ engaged followers", FROM_10K),
        # numbers as words, thousands apart
        ("over a million followers", ("over_1m",)),
        ("half a million followers", ("100k_to_1m",)),
        ("more than ten thousand followers", FROM_10K),
        ("entre mil y diez mil seguidores", ("1k_to_10k",)),
        ("más de un millón de seguidores", ("over_1m",)),
        ("mais de um milhão de seguidores", ("over_1m",)),
        ("plus de 10 000 abonnés", FROM_10K),
        ("since 2024, 500 followers", ("under_1k",)),
        # followers go without saying
        ("founders with 1k-10k", ("1k_to_10k",)),
        ("founders, over 1M", ("over_1m",)),
        ("creators (10k+)", FROM_10K),
        ("over 1k but under 10k", ("1k_to_10k",)),
        ("10k+ on X", FROM_10K),
        ("founders, over 30", ()),
        ("women, 30-40", ()),
        ("women between 30 and 40", ()),
        ("entre 30 y 40 años", ()),
        ("founded between 2019 and 2024", ()),
        ("between 1000 and 10000", ("1k_to_10k",)),
        ("between 1k and 10k in Oslo", ("1k_to_10k",)),
        ("companies with between 1k and 10k employees", ()),
        ("founders, 2019-2024", ()),
        ("founders with over $10k", ()),
        ("founders with over 10k in revenue", ()),
        ("works at 3M", ()),
        ("over 0 followers", ()),
        ("10 years of experience", ()),
        ("founders of 10k MRR startups", ()),
    ],
)
def test_follower_tiers(text: str, tiers: tuple[str, ...]) -> None:
    assert read_audience(normalise(text)).tiers == tiers


@pytest.mark.parametrize(("description", "empty"), [("???", True), ("…", True), ("a", False)])
def test_a_description_without_words(description: str, empty: bool) -> None:
    assert read_sentence(description).is_empty is empty


@given(st.text(max_size=200))
def test_any_text_reads_the_same_twice(text: str) -> None:
    assert read_sentence(text) == read_sentence(text)


@pytest.mark.parametrize(
    ("description", "labels"),
    [
        ("crypto traders", {"job_role": ("Trader",), "industry": ("Crypto",)}),
        ("Python developers", {"job_role": ("Software Engineer",), "skill": ("Python",)}),
        ("SaaS sales", {"job_role": ("Sales",), "industry": ("SaaS",)}),
        ("AI founders", {"job_role": ("Founder",), "industry": ("AI",)}),
        # what goes without saying is not asked for
        ("finance directors", {"job_role": ("CFO",)}),
        ("product managers", {"job_role": ("Product Manager",)}),
        ("real estate agents", {"job_role": ("Real Estate Agent",)}),
    ],
)
def test_labels_inside_the_phrases_of_others(
    description: str, labels: dict[str, tuple[str, ...]]
) -> None:
    read = read_sentence(description)
    assert read.labels == labels
    assert not read.terms
