"""What the numbers of a profile say of a bot: follow ratios, pace, age, audience.

Each signal is a weight in log odds: 1 makes a bot 2.7 times as likely, -1 as much less. Weights
are set by hand in steps of a quarter. A field that is not known gives no signal.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chalicelib.matching.activity import age_days
from chalicelib.profile import Profile

_DAYS_PER_YEAR: Final = 365.25


class Signal(NamedTuple):
    """One finding: a stable name, its weight in log odds (below zero: human), its evidence."""

    name: str
    weight: float
    evidence: str


def number_signals(profile: Profile) -> list[Signal]:
    """Signals of the counts, the flags and the dates."""
    signals: list[Signal] = []
    if profile.followers is not None:
        _add_audience(signals, profile.followers, profile.following)
        if profile.following is not None:
            _add_following(signals, profile.followers, profile.following)
            _add_feed(signals, profile, profile.followers, profile.following)
    _add_activity(signals, profile)
    if profile.default_image:
        signals.append(Signal("default_picture", 1.0, "still shows the default picture"))
    if profile.verified:
        signals.append(Signal("verified", -1.5, "is verified"))
    return signals


def _add_audience(signals: list[Signal], followers: int, following: int | None) -> None:
    if followers >= 10_000:
        weight = -2.0 if followers >= 100_000 else -1.0
        signals.append(Signal("large_audience", weight, f"has {followers:,} followers"))
    elif followers <= 1 and following is not None and following >= 10:
        signals.append(Signal("no_audience", 1.0, f"has {_count(followers, 'follower')}"))


def _add_following(signals: list[Signal], followers: int, following: int) -> None:
    ratio = following / (followers + 1)
    if ratio >= 8 and following >= 20:
        weight = 2.5 if ratio >= 64 else 1.5 if ratio >= 16 else 0.75
        evidence = f"follows {following:,} but has {_count(followers, 'follower')}"
        signals.append(Signal("follows_far_more_than_followers", weight, evidence))
    elif 0.5 <= ratio < 4:
        evidence = "follows about as many as follow back"
        signals.append(Signal("balanced_following", -0.5, evidence))


def _add_feed(signals: list[Signal], profile: Profile, followers: int, following: int) -> None:
    """Read by many, reading nobody: what feeds and posting machines look like."""
    posts, listed = profile.posts, profile.listed
    if following <= 20 and posts is not None and posts >= 100 and followers < 100_000:
        weight = 2.0 if following <= 5 else 1.5
        evidence = f"posted {posts:,} times but follows {_count(following, 'account')}"
        signals.append(Signal("posts_but_follows_nobody", weight, evidence))
    if listed is None or listed < 3 or not 10 <= followers >= following:
        return
    if listed >= 0.05 * followers:
        weight = 1.5 if listed >= 0.1 * followers else 0.5
        evidence = f"is on {listed:,} lists with {followers:,} followers, as feeds are"
        signals.append(Signal("listed_as_feed", weight, evidence))


def _add_activity(signals: list[Signal], profile: Profile) -> None:
    posts, days = profile.posts, age_days(profile)
    if posts == 0:
        signals.append(Signal("never_posted", 1.0, "has never posted"))
    if days is None:
        return
    if posts is not None and posts >= 20 * (days + 1):
        rate = posts / (days + 1)
        weight = 2.0 if rate >= 50 else 0.75
        signals.append(Signal("high_pace", weight, f"posts {rate:,.0f} times a day"))
    years = days / _DAYS_PER_YEAR
    if years >= 4:
        weight = -1.5 if years >= 6 else -1.0
        signals.append(Signal("long_standing", weight, f"account is {years:.0f} years old"))
    elif days < 180:
        evidence = f"account is {_count(int(days), 'day')} old"
        signals.append(Signal("young_account", 0.5, evidence))


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
