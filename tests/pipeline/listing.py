"""A provider whose list of followers a test writes itself, with the oddities of its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.profile import Profile
from chalicelib.upstreams import AccountRef, Errand, Page
from tests.worlds import BIOS


@dataclass
class Listing:
    """`people` newest first, told by number, and what a test does to the list."""

    people: Sequence[int]
    page_rows: int = 20
    ends_after: int | None = None
    """Rows after which it says that nothing follows."""
    goes_round_after: int | None = None
    """Rows after which it shows the first ones again, under cursors never seen before."""
    keeps_limit: bool = False
    """Whether it lists no more than it was asked for, as kaitoeasyapi does."""
    count: int | None = None
    """The follower count that it tells, if not the true one."""
    name: str = "scrapebadger"
    calls: list[int] = field(default_factory=list)
    """The limit of each call."""

    def users_by_handle(self, _handles: Sequence[str], _errand: Errand) -> dict[str, Profile]:
        raise AssertionError("a run knows its account by id")

    def users_by_id(self, _ids: Sequence[str], _errand: Errand) -> dict[str, Profile]:
        raise AssertionError("a run asks for one account")

    def user_by_id(self, id: str, _errand: Errand) -> Profile:
        count = len(self.people) if self.count is None else self.count
        return Profile(id=id, handle="orbitdesk", followers=count)

    def followers(self, _ref: AccountRef, cursor: str | None, limit: int, errand: Errand) -> Page:
        self.calls.append(limit)
        start = int(cursor or 0)
        people, place = self.people, start
        if self.goes_round_after is not None:
            people, place = people[: self.goes_round_after], start % self.goes_round_after
        most = min(self._most(limit), len(people))
        shown = people[place : min(place + self.page_rows, most)]
        is_end = self.goes_round_after is None and place + self.page_rows >= most
        return Page(
            profiles=tuple(map(_person, shown)),
            cursor=None if is_end else str(start + self.page_rows),
            usage=errand.usage,
            provider=self.name,
            is_cut=is_end and self.keeps_limit and most == limit,
        )

    def _most(self, limit: int) -> int:
        most = len(self.people) if self.ends_after is None else self.ends_after
        return min(most, limit) if self.keeps_limit else most


def _person(number: int) -> Profile:
    bio = BIOS[number % len(BIOS)]
    return Profile(id=str(800_000 + number), handle=f"p{number}", bio=bio, followers=200, posts=90)
