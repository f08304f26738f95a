"""The world: everybody in it, who follows whom, and how that changes with time and control."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from localdev.xworld.audience import Audience, first_audience
from localdev.xworld.file import WorldInvalid, rows_of
from localdev.xworld.people import People
from localdev.xworld.person import Person, people_of
from localdev.xworld.state import read_state, write_state
from localdev.xworld.synthetic import MOST_FOLLOWERS
from localdev.xworld.tracked import with_accounts

BUNDLED = Path(__file__).parents[1] / "worlds" / "bundled.jsonl"


@dataclass(frozen=True, slots=True)
class Followers:
    """Some followers of an account, newest first."""

    people: tuple[Person, ...]
    before: int | None
    """The place that the next older ones lie before; None when these were the oldest."""


class XWorld:
    """A small X. Its methods are safe to call while a server answers from the same world."""

    def __init__(
        self,
        people: Sequence[Person],
        *,
        present: float = 0.97,
        growth_seconds: float = 0.0,
        state_file: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`present` (0..1) is the share of each tracked account's followers that are there at the
        start; one of the others follows every `growth_seconds` (0: only by control).

        Raises WorldInvalid when somebody follows an account that does not exist.
        """
        self.lock = RLock()
        self.now = now
        self.people = People(with_accounts(people))
        self._members = _members(self.people)
        self._present = present
        self._growth_seconds = growth_seconds
        self._state_file = state_file
        self._audiences: dict[str, Audience] = {}
        self._restore()

    @classmethod
    def load(cls, path: Path | str = BUNDLED, **options: Any) -> XWorld:
        """Read a world file (JSON lines). Raises WorldInvalid."""
        return cls(people_of(rows_of(Path(path))), **options)

    def reset(self) -> None:
        """Undo all growth, unfollows, renames and edits."""
        with self.lock:
            self._start()
            self._save()

    def accounts(self) -> list[Person]:
        """Those whose followers are people of the file."""
        return [self.people.identified(id) for id in self._members]

    def followers_count(self, account: Person) -> int | None:
        """How many follow now; None when neither the file nor control says."""
        with self.lock:
            audience = self._audience(account)
            if audience.as_listed:
                return account.followers
            return self._arrived(audience) - len(audience.gone)

    def followers(
        self,
        account: Person,
        *,
        count: int,
        before: int | None = None,
        keep: Callable[[Person], bool] = lambda _: True,
    ) -> Followers:
        """Up to `count` followers that `keep` wants, newest first, from before place `before` on.

        Places stay with their people: nobody is met twice or left out when others follow
        meanwhile. Protected accounts show nobody, and suspended people are not shown.
        """
        with self.lock:
            found: list[tuple[int, Person]] = []
            for place in self._places(account, before):
                person = self._at(account, place)
                if person.suspended or not keep(person):
                    continue
                if len(found) == count:
                    return Followers(tuple(person for _, person in found), found[-1][0])
                found.append((place, person))
            return Followers(tuple(person for _, person in found), None)

    def follower_ids(
        self, account: Person, *, count: int, before: int | None = None
    ) -> tuple[list[str], int | None]:
        """Like `followers`, but ids only, and cheap for thousands."""
        with self.lock:
            members = self._audience(account).members
            ids: list[tuple[int, str]] = []
            for place in self._places(account, before):
                if len(ids) == count:
                    return [id for _, id in ids], ids[-1][0]
                listed = place < len(members)
                id = members[place] if listed else self.people.id_by_formula(account, place)
                ids.append((place, id))
            return [id for _, id in ids], None

    def places(self, account: Person) -> Sequence[int]:
        """The places of all who follow now, newest first, for reading them later by `at`."""
        with self.lock:
            audience = self._audience(account)
            if audience.gone or account.protected or self.people.some_got_suspended:
                here = self._places(account, None)
                return [place for place in here if not self._at(account, place).suspended]
            return range(self._arrived(audience) - 1, -1, -1)

    def at(self, account: Person, places: Sequence[int]) -> list[Person]:
        """The followers at these places."""
        with self.lock:
            return [self._at(account, place) for place in places]

    def following(self, person: Person) -> list[Person]:
        """The accounts with followers from the file that this person follows by now."""
        with self.lock:
            return [account for account in self.accounts() if self._follows(person, account)]

    def grow(self, handle: str, count: int) -> int:
        """Let `count` more people follow: those held back, then new ones. Returns the new count.

        Raises LookupError when nobody has this handle, ValueError when the audience gets too big.
        """
        with self.lock:
            account = self.people.named(handle)
            audience = self._audience(account)
            size = self._arrived(audience) + count
            if not 0 <= count <= size <= MOST_FOLLOWERS:
                raise ValueError(f"an audience grows, to {MOST_FOLLOWERS:,} people at most")
            return self._put(account, audience.resized(size, self.now()))

    def unfollow(self, handle: str, *, count: int = 0, followers: Sequence[str] = ()) -> int:
        """Let followers leave: these handles, and `count` others here and there. Returns the count.

        Raises LookupError when nobody has this handle.
        """
        with self.lock:
            account = self.people.named(handle)
            audience = self._audience(account)
            named = {name.lower() for name in followers}
            here = list(self._places(account, None))
            leaving = {
                place
                for place in here
                if named and self._at(account, place).handle.lower() in named
            }
            staying = [place for place in here if place not in leaving]
            # Seeded with the size, so that a test meets the same people each time.
            leaving.update(random.Random(len(here)).sample(staying, min(count, len(staying))))
            return self._put(account, audience.without(leaving))

    def set_audience(self, handle: str, size: int) -> int:
        """Give an account `size` followers by formula in place of those that it has.

        Raises LookupError when nobody has this handle, ValueError when the size does not fit.
        """
        with self.lock:
            if not 0 <= size <= MOST_FOLLOWERS:
                raise ValueError(f"an audience holds 0 to {MOST_FOLLOWERS:,} people")
            account = self.people.named(handle)
            return self._put(account, Audience(settled=size, since=self.now()))

    def edit(self, handle: str, /, **changes: Any) -> Person:
        """Change what a person shows; see `People.edit`. The change outlives a restart."""
        with self.lock:
            person = self.people.edit(handle, changes)
            self._save()
            return person

    def _follows(self, person: Person, account: Person) -> bool:
        audience = self._audience(account)
        if person.id not in audience.members:
            return False
        place = audience.members.index(person.id)
        return place < self._arrived(audience) and place not in audience.gone

    def _audience(self, account: Person) -> Audience:
        return self._audiences.get(account.id) or Audience(
            settled=account.followers or 0, as_listed=True
        )

    def _arrived(self, audience: Audience) -> int:
        return audience.arrived(self.now(), self._growth_seconds)

    def _places(self, account: Person, before: int | None) -> Iterator[int]:
        audience = self._audience(account)
        end = self._arrived(audience)
        end = 0 if account.protected else end if before is None else min(before, end)
        return (place for place in range(end - 1, -1, -1) if place not in audience.gone)

    def _at(self, account: Person, place: int) -> Person:
        members = self._audience(account).members
        if place < len(members):
            return self.people.identified(members[place])
        return self.people.follower_by_formula(account, place)

    def _put(self, account: Person, audience: Audience) -> int:
        self._audiences[account.id] = audience
        self._save()
        return self._arrived(audience) - len(audience.gone)

    def _start(self) -> None:
        self.people.put_edits({})
        self._audiences = {
            id: first_audience(id, members, self._present, self.now())
            for id, members in self._members.items()
        }

    def _restore(self) -> None:
        self._start()
        stored = read_state(self._state_file) if self._state_file else {}
        # Places of another world's people mean nothing in this one.
        if stored.get("world") == self.people.fingerprint:
            self.people.put_edits(stored["edits"])
            for id, audience in stored["audiences"].items():
                members = self._audiences[id].members if id in self._members else ()
                self._audiences[id] = Audience.from_json(audience, members)
        self._save()

    def _save(self) -> None:
        if self._state_file is None:
            return
        audiences = {id: audience.to_json() for id, audience in self._audiences.items()}
        state = {
            "world": self.people.fingerprint,
            "edits": self.people.edits,
            "audiences": audiences,
        }
        write_state(self._state_file, state)


def _members(people: People) -> dict[str, list[str]]:
    """The ids of the people in the file that follow each account, by the account's id."""
    members: dict[str, list[str]] = defaultdict(list)
    faults: list[str] = []
    for person in people.listed.values():
        for handle in person.follows:
            account = people.by_handle(handle)
            if account is None:
                faults.append(f"{person.handle} follows {handle}, which does not exist")
            elif account.id != person.id and not person.suspended:
                members[account.id].append(person.id)
    if faults:
        raise WorldInvalid(faults)
    return dict(members)
