"""What the numbers of a profile say of a bot: follow ratios, pace, age, audience.

Each signal is a weight in log odds: 1 makes a bot 2.7 times as likely, -1 as much less. Weights
are set by hand in steps of a quarter. A field that is not known gives no signal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from chalicelib.matching.activity import age_days, posts_per_day
from chalicelib.profile import Profile

_DAYS_PER_YEAR: Final = 365.25


class Signal(NamedTuple):
    """One finding: a stable name, its weight in log odds (below zero: human), its evidence."""

    name: str
    weight: float
    evidence: str


def number_signals(profile: Profile) -> Iterator[Signal]:
    """Signals of the counts, the flags and the dates."""
    yield from _following_signals(profile)
    yield from _audience_signals(profile)
    yield from _activity_signals(profile)
    yield from _age_signals(profile)
    if profile.default_image:
        yield Signal("default_picture", 1.0, "still shows the default picture")
    if profile.verified:
        yield Signal("verified", -1.5, "is verified")


def _following_signals(profile: Profile) -> Iterator[Signal]:
    following, followers, posts = profile.following, profile.followers, profile.posts
    if following is None or followers is None:
        return
    ratio = following / (followers + 1)
    if ratio >= 8 and following >= 20:
        weight = 2.5 if ratio >= 64 else 1.5 if ratio >= 16 else 0.75
        evidence = f"follows {following:,} but has {_count(followers, 'follower')}"
        yield Signal("follows_far_more_than_followers", weight, evidence)
    elif 0.5 <= ratio < 4:
        yield Signal("balanced_following", -0.5, "follows about as many as follow back")
    if following <= 20 and posts is not None and posts >= 100 and followers < 100_000:
        weight = 2.0 if following <= 5 else 1.5
        evidence = f"posted {posts:,} times but follows {_count(following, 'account')}"
        yield Signal("posts_but_follows_nobody", weight, evidence)


def _audience_signals(profile: Profile) -> Iterator[Signal]:
    followers, following, listed = profile.followers, profile.following, profile.listed
    if followers is None:
        return
    if followers >= 10_000:
        weight = -2.0 if followers >= 100_000 else -1.0
        yield Signal("large_audience", weight, f"has {followers:,} followers")
    elif followers <= 1 and following is not None and following >= 10:
        yield Signal("no_audience", 1.0, f"has {_count(followers, 'follower')}")
    if listed is None or following is None or listed < 3 or not 10 <= followers >= following:
        return
    if listed >= 0.05 * followers:
        weight = 1.5 if listed >= 0.1 * followers else 0.5
        evidence = f"is on {listed:,} lists with {followers:,} followers, as feeds are"
        yield Signal("listed_as_feed", weight, evidence)


def _activity_signals(profile: Profile) -> Iterator[Signal]:
    rate = posts_per_day(profile)
    if rate is not None and rate >= 20:
        weight = 2.0 if rate >= 50 else 0.75
        yield Signal("high_pace", weight, f"posts {rate:,.0f} times a day")
    if profile.posts == 0:
        yield Signal("never_posted", 1.0, "has never posted")


def _age_signals(profile: Profile) -> Iterator[Signal]:
    days = age_days(profile)
    if days is None:
        return
    years = days / _DAYS_PER_YEAR
    if years >= 4:
        weight = -1.5 if years >= 6 else -1.0
        yield Signal("long_standing", weight, f"account is {years:.0f} years old")
    elif days < 180:
        yield Signal("young_account", 0.5, f"account is {_count(int(days), 'day')} old")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
