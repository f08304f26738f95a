"""The gender of a profile, only from what the person states or a first name says."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from chalicelib.matching.given_names import Named, read_name
from chalicelib.matching.kind import judge_kind
from chalicelib.matching.stated_gender import Stated, read_bio
from chalicelib.profile import Profile


class GenderVerdict(NamedTuple):
    """`high`: stated, or a first name of one gender in the display name; `medium`: weaker."""

    gender: Literal["female", "male", "unknown"]
    confidence: Literal["high", "medium"] | None = None
    reason: str | None = None


_UNKNOWN: Final = GenderVerdict("unknown")


def judge_gender(profile: Profile, kind: str | None = None) -> GenderVerdict:
    """Judge from the bio's statements first, the first name next; abstain where they clash.

    `kind` is what `judge_kind` said, asked for here where it is not given: an organisation has
    no gender.
    """
    kind = kind or judge_kind(profile).kind
    if kind == "organization":
        return _UNKNOWN
    stated = read_bio(profile.bio) if profile.bio else None
    if stated and stated.kind == "pronouns":
        return _stated(stated, "high")
    named = read_name(profile.name, profile.handle)
    if stated and stated.kind == "role":
        clash = named is not None and named.gender != stated.gender
        return _stated(stated, "medium" if clash else "high")
    # Names lie hidden in the handles of brands too: there a person must show too.
    if named and (kind == "person" or named.sure):
        return _named(named, stated)
    return _stated(stated, "medium") if stated else _UNKNOWN


def _stated(stated: Stated, confidence: Literal["high", "medium"]) -> GenderVerdict:
    if stated.gender is None:
        return _UNKNOWN
    verb = "names" if stated.kind == "name" else "says"
    return GenderVerdict(stated.gender, confidence, f"bio {verb} “{stated.words}”")


def _named(named: Named, hint: Stated | None) -> GenderVerdict:
    if hint and hint.gender and hint.gender != named.gender and not named.sure:
        return _UNKNOWN
    sure = named.sure and (named.shown or (hint is not None and hint.gender == named.gender))
    place = "name" if named.shown else "handle"
    return GenderVerdict(
        named.gender, "high" if sure else "medium", f"{place} says “{named.said.capitalize()}”"
    )
