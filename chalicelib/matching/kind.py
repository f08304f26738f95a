"""Whether a profile is a person or an organisation, from the words that it uses of itself.

Every cue adds its weight to one sum: above zero for an organisation, below for a person. The
weights are rounded log odds, set by hand; a cue counts once, and again (the second weight) where
it is repeated.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from chalicelib.matching.kind_cues import Cue, Found, bio_cues, name_cues, rate_cues
from chalicelib.profile import Profile

WEIGHTS: Final[dict[Cue, tuple[float, float]]] = {
    "we": (2, 0.5),
    "group_verb": (2, 1),
    "official": (2, 0),
    "organisation": (1.25, 0.75),
    "affiliation": (0.5, 0.5),
    "plural_verb": (2, 0.5),
    "pitch": (0.75, 0.75),
    "phone": (1, 0),
    "desk_mail": (1, 0),
    "link": (0.75, 0),
    "organisation_name": (2, 0),
    "acronym_handle": (0.5, 0),
    "code_handle": (5, 0),
    "nonstop": (1.5, 0),
    "person": (-1.5, -0.5),
    "self": (-1, -1),
    "kin": (-2, -1),
    "occupation": (-1.5, -1),
    "casual": (-1, 0),
    "first_name": (-2, 0),
    "name_inside": (-1, 0),
}
ORGANISATION_FROM: Final = 1.0
PERSON_UP_TO: Final = -0.5
_MOST_REASONS: Final = 3

_REASONS: Final[dict[Cue, str]] = {
    "we": "speaks as “{}”",
    "group_verb": "announces “{}”",
    "official": "calls itself “{}”",
    "organisation": "names an organisation (“{}”)",
    "affiliation": "mentions an organisation (“{}”)",
    "plural_verb": "speaks as a group (“{}”)",
    "pitch": "addresses customers (“{}”)",
    "phone": "gives a telephone number",
    "desk_mail": "gives a desk's mail address",
    "link": "links from the bio",
    "organisation_name": "name of an organisation (“{}”)",
    "acronym_handle": "handle begins with an acronym",
    "code_handle": "handle is a code of digits and letters",
    "nonstop": "posts over 100 times a day",
    "person": "speaks as “{}”",
    "kin": "says “{}” of themselves",
    "self": "says “{}” of themselves",
    "occupation": "works as “{}”",
    "casual": "writes a casual bio",
    "first_name": "first name “{}”",
    "name_inside": "handle or name holds the first name “{}”",
}


class KindVerdict(NamedTuple):
    """`unknown` where the words point neither way."""

    kind: Literal["person", "organization", "unknown"]
    cues: tuple[Found, ...]
    """All that was weighed, also what spoke against the verdict."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Up to three short phrases for the verdict, the weightiest first."""
        if self.kind == "unknown":
            return ()
        sign = 1 if self.kind == "organization" else -1
        said = {cue: words for cue, words in reversed(self.cues) if WEIGHTS[cue][0] * sign > 0}
        telling = sorted(said, key=lambda cue: (-abs(WEIGHTS[cue][0]), cue))
        return tuple([_REASONS[cue].format(said[cue]) for cue in telling[:_MOST_REASONS]])


def judge_kind(profile: Profile) -> KindVerdict:
    """Weigh the bio, the names and the pace of posting."""
    found = bio_cues(profile.bio) if profile.bio else []
    found += name_cues(profile)
    found += rate_cues(profile)
    score = _score(found)
    if score >= ORGANISATION_FROM:
        return KindVerdict("organization", tuple(found))
    if score <= PERSON_UP_TO:
        return KindVerdict("person", tuple(found))
    return KindVerdict("unknown", tuple(found))


def _score(found: list[Found]) -> float:
    score = 0.0
    times: dict[Cue, int] = {}
    for cue, _ in found:
        seen = times.get(cue, 0)
        times[cue] = seen + 1
        if seen < 2:
            score += WEIGHTS[cue][seen]
    return score
