"""The bot filter: one case a signal, what must never reject, and how the score is put together."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.matching.bots import PRIOR, judge_bot
from chalicelib.profile import Profile
from tests.matching.profiles import AS_OF, made_up, ordinary


def names(profile: Profile) -> set[str]:
    return {signal.name for signal in judge_bot(profile).signals}


def born(days: int) -> datetime:
    return AS_OF - timedelta(days=days)


@pytest.mark.parametrize(
    ("known", "signal", "evidence"),
    [
        (
            {"following": 1_980, "followers": 3},
            "follows_far_more_than_followers",
            "follows 1,980 but has 3 followers",
        ),
        (
            {"following": 90, "followers": 1},
            "follows_far_more_than_followers",
            "follows 90 but has 1 follower",
        ),
        ({"following": 300, "followers": 280}, "balanced_following", None),
        (
            {"following": 1, "followers": 900, "posts": 40_000},
            "posts_but_follows_nobody",
            "posted 40,000 times but follows 1 account",
        ),
        ({"followers": 84_000}, "large_audience", "has 84,000 followers"),
        ({"followers": 0, "following": 40}, "no_audience", "has 0 followers"),
        (
            {"followers": 200, "following": 5, "listed": 60},
            "listed_as_feed",
            "is on 60 lists with 200 followers, as feeds are",
        ),
        ({"posts": 60_000, "created_at": born(599)}, "high_pace", "posts 100 times a day"),
        ({"posts": 0}, "never_posted", "has never posted"),
        ({"created_at": born(3_000)}, "long_standing", "account is 8 years old"),
        ({"created_at": born(1)}, "young_account", "account is 1 day old"),
        ({"default_image": True}, "default_picture", "still shows the default picture"),
        ({"verified": True}, "verified", "is verified"),
        ({"bio": "", "default_image": True}, "bare_profile", None),
        (
            {"location": "Larkham village, OH, USA"},
            "census_location",
            "location reads like a census table (“Larkham village, OH, USA”)",
        ),
        ({"bio": "I'm a bot that draws moons"}, "declared_automation", "bio says “i 'm a bot”"),
        ({"bio": "Cuenta automatizada de sismos"}, "declared_automation", None),
        ({"bio": "Moons, hourly, from NASA pictures"}, "machine_wording", "bio says “hourly”"),
        ({"bio": "Tiny moons. By @lunamaker"}, "credited_maker", "bio says “by @lunamaker”"),
        ({"bio": "Follow back always #f4f"}, "spam_wording", "bio says “follow back”"),
        ({"bio": "https://t.example/a1b2"}, "link_only_bio", None),
        ({"handle": "tinymoonbot"}, "named_as_bot", None),
        ({"name": "Volcano Papers"}, "named_as_bot", None),
        (
            {"handle": "qxvuploe83", "name": "Marisa Tolland"},
            "handle_unlike_name",
            "handle @qxvuploe83 has nothing of the name “Marisa Tolland”",
        ),
        ({"handle": "marisa20419"}, "digits_in_handle", "handle ends in 5 digits"),
    ],
)
def test_each_signal_is_named_with_its_evidence(
    known: dict[str, Any], signal: str, evidence: str | None
) -> None:
    found = {s.name: s.evidence for s in judge_bot(made_up(**known)).signals}
    assert signal in found
    assert evidence is None or found[signal] == evidence


@pytest.mark.parametrize(
    ("known", "signal"),
    [
        ({"bio": "Not a bot. Violins and rain."}, "declared_automation"),
        ({"bio": "Building a bot platform for dentists"}, "declared_automation"),
        ({"bio": "QA lead, automated testing"}, "declared_automation"),
        ({"bio": "Novelist. Header by @inkandpaper"}, "credited_maker"),
        ({"bio": "Runs by the sea"}, "credited_maker"),
        ({"handle": "janetalbot"}, "named_as_bot"),
        ({"handle": "robotics_ana", "name": "Ana Robot Lab"}, "named_as_bot"),
        ({"handle": "marisa83", "name": "Marisa Tolland"}, "handle_unlike_name"),
        ({"handle": "qxvuploe83", "name": "山田 太郎"}, "handle_unlike_name"),
        ({"location": "New York City, USA"}, "census_location"),
        ({"followers": 900_000, "following": 2, "posts": 5_000}, "posts_but_follows_nobody"),
        ({"followers": 40, "following": 160}, "follows_far_more_than_followers"),
        ({"followers": 1, "following": 12}, "follows_far_more_than_followers"),
    ],
)
def test_what_only_looks_like_a_signal(known: dict[str, Any], signal: str) -> None:
    assert signal not in names(made_up(**known))


def test_what_is_not_known_is_no_signal() -> None:
    assert judge_bot(made_up()).signals == ()


@pytest.mark.parametrize("field", ["posts", "followers", "following", "listed", "default_image"])
def test_unknown_is_kept_apart_from_zero(field: str) -> None:
    empty = ordinary(followers=0, following=50, posts=0, listed=0, default_image=True, bio="")
    unknown = {s.name: s.weight for s in judge_bot(replace(empty, **{field: None})).signals}
    known = {s.name: s.weight for s in judge_bot(empty).signals}
    assert unknown.items() <= known.items()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"bio": ""},
        {"bio": None},
        {"default_image": True},
        {"posts": 0},
        {"posts": 1},
        {"name": ""},
        {"created_at": AS_OF, "posts": 12},
        {"location": None},
        {"followers": 3, "following": 60},
        {"handle": "noor83729104"},
        {"followers": 12, "following": 300},
        {"bio": "Watch lover, random thoughts"},
        {"bio": "https://noor.example"},
    ],
)
def test_one_weak_finding_never_rejects(change: dict[str, Any]) -> None:
    assert not judge_bot(ordinary(**change)).is_bot


@pytest.mark.parametrize(
    "known",
    [
        {"bio": ""},
        {"default_image": True},
        {"posts": 0},
        {"posts": 2},
        {"created_at": AS_OF},
        {"followers": 0, "following": 0},
        {"bio": "https://noor.example"},
        {"handle": "noor83729104"},
    ],
)
def test_a_profile_of_which_little_is_known_is_not_rejected(known: dict[str, Any]) -> None:
    assert not judge_bot(made_up(**known)).is_bot


@pytest.mark.parametrize(
    "bot",
    [
        ordinary(
            handle="mooneverynight",
            name="Moon Every Night",
            bio="A bot by @lunamaker. Posts the moon every hour.",
            followers=800,
            following=0,
            posts=21_000,
            listed=50,
        ),
        ordinary(
            handle="qxvuploe83",
            name="Marisa Tolland",
            bio="There is no future without coffee",
            location="Larkham village, OH, USA",
            followers=2,
            following=811,
            posts=57,
            listed=0,
            created_at=born(140),
        ),
        ordinary(
            handle="kelpgenomes",
            name="Kelp genome papers",
            bio="RSS feed of new papers on kelp",
            followers=300,
            following=0,
            posts=9_000,
            listed=33,
        ),
        ordinary(
            handle="wxkqp11",
            name="Best Deals Now",
            bio="Gain followers fast, click here https://t.example/x",
            followers=4,
            following=2_100,
            posts=3,
            listed=0,
            created_at=born(9),
        ),
    ],
    ids=["declared", "made-up person", "feed", "spam"],
)
def test_bots_are_rejected(bot: Profile) -> None:
    assert judge_bot(bot).is_bot


def test_the_score_is_the_logistic_sum_of_the_weights() -> None:
    verdict = judge_bot(ordinary(following=1_980, followers=3, posts=4))
    log_odds = PRIOR + sum(signal.weight for signal in verdict.signals)
    assert verdict.score == pytest.approx(1 / (1 + math.exp(-log_odds)))


def test_signals_come_heaviest_first() -> None:
    weights = [abs(s.weight) for s in judge_bot(ordinary(bio="a bot", posts=0)).signals]
    assert weights == sorted(weights, reverse=True)
    assert len(weights) > 2


def test_the_threshold_is_the_callers_and_belongs_to_the_bots() -> None:
    score = judge_bot(ordinary()).score
    assert judge_bot(ordinary(), threshold=score).is_bot
    assert not judge_bot(ordinary(), threshold=score + 1e-9).is_bot


def test_age_counts_to_the_day_the_profile_was_read() -> None:
    then = ordinary(created_at=datetime(2015, 1, 1, tzinfo=UTC))
    early = replace(then, as_of=datetime(2015, 2, 1, tzinfo=UTC))
    assert "long_standing" in names(then)
    assert "young_account" in names(early)
    assert not names(replace(then, as_of=None)) & {"long_standing", "young_account"}


COUNT = st.none() | st.integers(0, 10**9)
TEXT = st.none() | st.text(max_size=200)


@settings(max_examples=200, deadline=None)
@given(
    handle=st.text(max_size=20),
    name=TEXT,
    bio=TEXT,
    location=TEXT,
    followers=COUNT,
    following=COUNT,
    posts=COUNT,
    listed=COUNT,
)
def test_any_profile_gets_the_same_score_between_0_and_1_twice(**known: Any) -> None:
    verdict = judge_bot(made_up(**known))
    assert 0 <= verdict.score <= 1
    assert judge_bot(made_up(**known)) == verdict
