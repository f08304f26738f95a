"""Contract 3.9: each condition satisfied, contradicted, unknown; high, medium, no match."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.engine import analyse
from chalicelib.matching.match import (
    MOST_REASONS,
    SegmentFilters,
    Verdict,
    compile_segment,
    match,
)
from chalicelib.matching.places import Place, known_place, places_in
from tests.matching.profiles import made_up

ANA = {
    "name": "Ana Ferreira",
    "bio": "Founder of a fintech startup. She/her. Vexillologist",
    "location": "Berlin",
    "followers": 12_000,
}
BRAND = {
    "handle": "orbitdeskhq",
    "name": "Orbit Desk Inc",
    "bio": "Official account of Orbit Desk. We help shops. Founder support, fintech",
    "followers": 12_000,
}
ROLE = {"job_role": ("Founder",)}
BOTH = {"job_role": ("Founder",), "industry": ("Fintech",)}
FAR = {"job_role": ("Chef",)}


def judged(profile: dict[str, Any], description: str, **filters: Any) -> Verdict:
    segment = SegmentFilters(description, **filters)
    return match(analyse(made_up(**profile)), compile_segment(segment))


@pytest.mark.parametrize(
    ("filters", "confidence"),
    [
        # follower tiers: listed or contradicted
        ({"labels": ROLE, "follower_tiers": ("10k_to_100k",)}, "high"),
        ({"labels": ROLE, "follower_tiers": ("under_1k", "over_1m")}, None),
        # gender: listed, the other
        ({"labels": ROLE, "gender_values": ("female",)}, "high"),
        ({"labels": ROLE, "gender_values": ("female", "male")}, "high"),
        ({"labels": ROLE, "gender_values": ("male",)}, None),
        # label categories: one of the listed labels is enough, every category counts
        ({"labels": ROLE}, "high"),
        ({"labels": BOTH}, "high"),
        ({"labels": {"job_role": ("Chef", "Founder")}}, "high"),
        ({"labels": ROLE | {"skill": ("Python",)}}, "medium"),
        ({"labels": FAR}, None),
        ({"labels": FAR | {"industry": ("Fintech",)}}, "medium"),
        ({"labels": {"job_role": ()}}, "high"),  # an empty condition does not count
    ],
)
def test_filters(filters: dict[str, Any], confidence: str | None) -> None:
    assert judged(ANA, "fintech founders", **filters).confidence == confidence


@pytest.mark.parametrize(
    ("changed", "filters", "confidence"),
    [
        (
            {"name": None, "bio": "Founder"},
            {"labels": ROLE, "gender_values": ("female",)},
            "medium",
        ),
        ({"name": None, "bio": None}, {"labels": ROLE, "gender_values": ("female",)}, None),
        ({"followers": None}, {"labels": ROLE, "follower_tiers": ("under_1k",)}, None),
    ],
)
def test_what_is_not_known(
    changed: dict[str, Any], filters: dict[str, Any], confidence: str | None
) -> None:
    assert judged(ANA | changed, "founders", **filters).confidence == confidence


@pytest.mark.parametrize(
    ("description", "filters", "confidence"),
    [
        # with labels: unknown does not lower, contradicted refuses
        ("people who keep bees", {"labels": ROLE}, "high"),
        ("founders in Berlin", {"labels": ROLE}, "high"),
        ("founders in Paris", {"labels": ROLE}, None),
        ("founders, no fintech", {"labels": ROLE}, None),
        ("founders, no vexillologists", {"labels": ROLE}, None),
        ("male founders", {"labels": ROLE}, None),
        ("founders with over 1m followers", {"labels": ROLE}, None),
        ("founders in Berlin", {"labels": FAR}, None),
        # without labels the description decides
        ("founders", {}, "high"),
        ("fintech founders in Germany", {}, "high"),
        ("vexillologists", {}, "high"),
        ("founders who love Python", {}, "medium"),
        ("founders in Vexholm", {}, "medium"),
        ("chefs", {}, None),
        ("chefs in Berlin", {}, None),
        ("founders", {"gender_values": ("male",)}, None),
        ("everyone", {"gender_values": ("female",)}, "high"),
        ("everyone", {}, "high"),
        ("???", {}, None),
    ],
)
def test_description(description: str, filters: dict[str, Any], confidence: str | None) -> None:
    assert judged(ANA, description, **filters).confidence == confidence


@pytest.mark.parametrize(
    ("location", "bio", "confidence"),
    [
        ("Berlin", "Founder", "high"),
        ("Germany", "Founder", "medium"),
        ("München", "Founder", "medium"),
        ("Lyon, France", "Founder", None),
        ("the moon", "Founder", "medium"),
        (None, "Founder in Berlin", "high"),
        (None, "Founder. Back from Lyon", "medium"),
    ],
)
def test_places(location: str | None, bio: str, confidence: str | None) -> None:
    profile = {"bio": bio, "location": location}
    assert judged(profile, "founders in Berlin").confidence == confidence


@pytest.mark.parametrize(
    ("description", "location", "confidence"),
    [
        ("founders not in France", "Lyon, France", None),
        ("founders not in France", "Berlin", "high"),
        ("founders not in France", None, "high"),
        ("founders not in Lyon", "Paris, France", "high"),
        ("founders outside Vexholm", "Port Vexholm", None),
        ("fundadores no Brasil", "Recife, Brasil", "high"),
    ],
)
def test_excluded_places(description: str, location: str | None, confidence: str | None) -> None:
    verdict = judged({"bio": "Founder", "location": location}, description)
    assert verdict.confidence == confidence
    if confidence is None:
        assert verdict.reasons[0].endswith("which the segment excludes")


@pytest.mark.parametrize(
    ("description", "location", "confidence"),
    [
        ("founders in Europe", "Berlin", "high"),
        ("founders in Europe", "Austin, Texas", None),
        ("founders in Europe", "Europe", "high"),
        ("founders in Europe", "the moon", "medium"),
        ("fundadores en Latinoamérica", "Quito", "high"),
        ("LATAM founders", "Quito", "high"),
        ("founders in LATAM or Madrid", "Lyon", None),
        ("founders in Germany", "Europe", "medium"),
        ("founders in Germany", "Latin America", None),
        ("founders outside Europe", "Berlin", None),
        ("founders outside Europe", "Austin, Texas", "high"),
    ],
)
def test_regions(description: str, location: str, confidence: str | None) -> None:
    assert judged({"bio": "Founder", "location": location}, description).confidence == confidence


@pytest.mark.parametrize("region", ["europe", "latin america", "dach", "asia", "africa"])
def test_the_countries_of_regions_are_known(region: str) -> None:
    read = region.split()
    assert known_place(read, 0) == (len(read), Place(region, ""))
    countries = Place(region, "").countries()
    assert all(places_in(country.split()) == {Place(country, country)} for country in countries)


@pytest.mark.parametrize(
    ("asked", "bio", "confidence"),
    [
        ("Executive", "CEO of Orbit Desk", "high"),
        ("Founder", "Co-founder of Orbit Desk", "high"),
        ("CEO", "Executive at Orbit Desk", None),
        ("Co-Founder", "Founder of Orbit Desk", None),
    ],
)
def test_a_broad_label_takes_the_narrower_ones(
    asked: str, bio: str, confidence: str | None
) -> None:
    labels = {"job_role": (asked,)}
    assert judged({"bio": bio}, "leaders", labels=labels).confidence == confidence


@pytest.mark.parametrize(
    ("description", "filters", "confidence"),
    [
        ("fintech founders", {"labels": BOTH}, "medium"),  # people are sought
        ("fintech founders", {}, "medium"),
        ("fintech", {"labels": {"industry": ("Fintech",)}}, "high"),
        ("fintech companies", {}, "high"),
        ("fintech, no companies", {}, None),
    ],
)
def test_brands_are_never_a_sure_match_for_people(
    description: str, filters: dict[str, Any], confidence: str | None
) -> None:
    assert judged(BRAND, description, **filters).confidence == confidence


def test_people_are_no_match_for_companies() -> None:
    assert judged(ANA, "fintech companies").confidence is None


def test_reasons_quote_the_profile() -> None:
    verdict = judged(
        {"name": "Zxq", "bio": "Ingeniería y más: Fundadora", "followers": 1_000},
        "founders",
        labels=ROLE,
        gender_values=("female",),
        follower_tiers=("1k_to_10k",),
    )
    assert verdict.confidence == "high"
    assert "bio says “Fundadora” (Founder)" in verdict.reasons
    assert "has 1,000 to 10,000 followers" in verdict.reasons


@pytest.mark.parametrize(
    ("description", "profile", "reason"),
    [
        ("PR people", {"bio": "Back in April", "name": "Z | PR"}, "name says “PR”"),
        ("co-founders", {"bio": "hi", "name": "Z | Co-Founder"}, "name says “Co-Founder”"),
        ("CEOs", {"bio": "hi", "name": "Z | C.E.O."}, "name says “ceo”"),
        ("founders", {"bio": "Friend of founders", "name": "Z | Founder"}, "name says “Founder”"),
        ("a bee", {"bio": "Been there. Bees!"}, "bio mentions “Bees”"),
        ("quirks", {"bio": "My Quirk: moons"}, "bio mentions “Quirk”"),
        ("a folly", {"bio": "My Follies"}, "bio mentions “Follies”"),
    ],
)
def test_reasons_quote_whole_words_where_they_stand(
    description: str, profile: dict[str, Any], reason: str
) -> None:
    assert judged(profile, description).reasons[0].startswith(reason)


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ({"follower_tiers": ("over_1m",)}, "has 10,000 to 100,000 followers"),
        ({"labels": FAR | {"skill": ("SEO",)}}, "states no job role or skill asked for"),
    ],
)
def test_no_match_says_why(filters: dict[str, Any], reason: str) -> None:
    assert judged(ANA, "somebody", **filters).reasons == (reason,)


def test_the_first_refusal_is_the_tier_then_the_gender_then_the_labels() -> None:
    filters = {"gender_values": ("male",), "labels": FAR}
    assert "followers" in judged(ANA, "x", follower_tiers=("over_1m",), **filters).reasons[0]
    assert "female" in judged(ANA, "x", **filters).reasons[0]


def test_score_ranks_within_a_segment() -> None:
    labels = {**BOTH, "skill": ("Python",)}
    assert judged(ANA, "founders", labels=labels).score == pytest.approx(2 / 3, abs=0.001)
    assert judged(ANA, "founders", labels=ROLE).score == 1.0


_TEXT = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "female",
                "founders",
                "in",
                "Berlin",
                "fintech",
                "no",
                "agencies",
                ",",
                "over 10k followers",
            ]
        ),
        max_size=12,
    ).map(" ".join),
)


@given(
    bio=_TEXT,
    name=st.none() | _TEXT,
    location=st.none() | _TEXT,
    followers=st.none() | st.integers(0, 10**9),
    description=_TEXT,
    genders=st.sampled_from([(), ("female",), ("male",), ("female", "male")]),
    labels=st.sampled_from([{}, ROLE, BOTH, FAR]),
    tiers=st.sampled_from([(), ("under_1k",), ("10k_to_100k", "over_1m")]),
)
def test_match_is_deterministic_and_never_fails(
    *,
    bio: str,
    name: str | None,
    location: str | None,
    followers: int | None,
    description: str,
    genders: tuple[str, ...],
    labels: dict[Any, tuple[str, ...]],
    tiers: tuple[str, ...],
) -> None:
    profile = {"bio": bio, "name": name, "location": location, "followers": followers}
    filters = {"gender_values": genders, "labels": labels, "follower_tiers": tiers}
    first = judged(profile, description, **filters)
    assert first == judged(profile, description, **filters)
    assert len(first.reasons) <= MOST_REASONS
    assert all(0 < len(reason) < 400 for reason in first.reasons)
    assert 0.0 <= first.score <= 1.0
