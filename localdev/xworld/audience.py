"""Who follows one account: the order in which people arrive, how many have, and who left."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Audience:
    """Followers by arrival: place 0 came first. Places beyond `members` are made by formula."""

    members: Sequence[str] = ()
    """Ids of people in the file, in the order of their arrival."""
    settled: int = 0
    """How many had arrived at `since`."""
    since: float = 0.0
    """Unix seconds."""
    gone: frozenset[int] = frozenset()
    """Places of those that unfollowed."""
    as_listed: bool = False
    """Nothing but the figure in the file is known of it."""

    def arrived(self, now: float, growth_seconds: float) -> int:
        """How many people have ever followed by `now`.

        With time, one of the held-back members follows every `growth_seconds` (0: nobody does).
        """
        if not growth_seconds or self.settled >= len(self.members):
            return self.settled
        more = int((now - self.since) // growth_seconds)
        return min(len(self.members), self.settled + max(0, more))

    def resized(self, arrived: int, now: float) -> Audience:
        """The audience once `arrived` people have followed, at `now`."""
        return replace(self, settled=arrived, since=now, as_listed=False)

    def without(self, places: Iterable[int]) -> Audience:
        """The audience once the people at these places have unfollowed."""
        return replace(self, gone=self.gone.union(places), as_listed=False)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` needs to bring it back on top of the same file."""
        return {
            "formula": not self.members,
            "settled": self.settled,
            "since": self.since,
            "gone": sorted(self.gone),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], members: Sequence[str]) -> Audience:
        """Read what `to_json` wrote; `members` are those that the file gives the account."""
        return cls(
            members=() if stored["formula"] else members,
            settled=stored["settled"],
            since=stored["since"],
            gone=frozenset(stored["gone"]),
        )


def first_audience(account_id: str, followers: Iterable[str], share: float, now: float) -> Audience:
    """The audience at the beginning of a world: `share` (0..1) of the followers have arrived.

    The order is mixed but stable, so that those held back are not all of one sort when a file
    is sorted.
    """

    def rank(follower: str) -> bytes:
        return hashlib.sha256(f"{account_id}:{follower}".encode()).digest()

    members = tuple(sorted(followers, key=rank))
    return Audience(members, math.ceil(share * len(members)), now)
