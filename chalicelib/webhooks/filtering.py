"""Which leads a subscription wants to hear of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FOLLOWERS, _LIKERS = ("new_follower", "existing_follower"), ("liker",)
_SOURCES = {None: _FOLLOWERS + _LIKERS, "follower": _FOLLOWERS, "liker": _LIKERS}
_KNOWN = frozenset(
    {"stream_id", "account_id", "source_type", "feedback_status", "match_confidence"}
)


@dataclass(frozen=True, slots=True)
class Trait:
    """What a filter looks at in a lead."""

    stream_id: int
    account_id: int
    source: str
    confidence: str | None


def wants(given: Mapping[str, Any], *, verdict: str | None) -> bool:
    """Whether a filter is for this kind of event at all.

    `verdict` is what a `lead.feedback` says; None stands for `leads.discovered`. A filter with a
    name that v2 does not know, such as the segment of an old subscription, is for none.
    """
    return given.keys() <= _KNOWN and given.get("feedback_status") == verdict


def passes(given: Mapping[str, Any], trait: Trait) -> bool:
    """Whether a lead is all that the filter asks of it."""
    return (
        given.get("stream_id") in (None, trait.stream_id)
        and given.get("account_id") in (None, trait.account_id)
        and given.get("match_confidence") in (None, trait.confidence)
        and trait.source in _SOURCES[given.get("source_type")]
    )
