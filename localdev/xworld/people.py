"""Everybody in the world, by id and by handle, with what control has changed about them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from localdev.xworld.person import HANDLE, Person
from localdev.xworld.synthetic import (
    SLOTS,
    id_in_handle,
    synthetic_follower,
    synthetic_id,
    synthetic_person,
)

_EDITABLE = frozenset({"handle", "name", "bio", "protected", "suspended"})
_FIRST_HASHED_SLOT = 10**7


class People:
    """The people of a file, and behind them all those that exist by formula."""

    def __init__(self, people: Sequence[Person]) -> None:
        """The order of `people` gives them slots, from which ids of synthetic followers come."""
        self.listed = {person.id: person for person in people}
        self._order = tuple(self.listed)
        self._slots = {id: slot for slot, id in enumerate(self._order)}
        self.fingerprint = hashlib.sha256(repr(list(people)).encode()).hexdigest()
        """Changes with the people of the file and their order."""
        self.put_edits({})

    @property
    def some_got_suspended(self) -> bool:
        """Whether an edit suspended somebody, who may be in the lists of followers."""
        return any(changes.get("suspended") for changes in self.edits.values())

    def by_id(self, id: str) -> Person | None:
        """The person of this id, suspended ones included."""
        person = self.listed.get(id) or synthetic_person(id)
        return self._edited(person) if person else None

    def by_handle(self, handle: str) -> Person | None:
        """The person of this handle in any case, suspended ones included."""
        known = self._ids.get(handle.lower()) or id_in_handle(handle)
        person = self.by_id(known) if known else None
        return person if person and person.handle.lower() == handle.lower() else None

    def named(self, handle: str) -> Person:
        """Like `by_handle`; raises LookupError when nobody has this handle."""
        person = self.by_handle(handle)
        if person is None:
            raise LookupError(f"nobody is called {handle}")
        return person

    def slot_in_file(self, person: Person) -> int | None:
        """The slot of a person of the file; None for those by formula."""
        return self._slots.get(person.id)

    def in_slot(self, slot: int) -> Person | None:
        """The person of the file in this slot."""
        return self.identified(self._order[slot]) if 0 <= slot < len(self._order) else None

    def identified(self, id: str) -> Person:
        """Like `by_id`; raises LookupError when nobody has this id."""
        person = self.by_id(id)
        if person is None:
            raise LookupError(f"nobody has the id {id}")
        return person

    def follower_by_formula(self, account: Person, index: int) -> Person:
        """Synthetic follower `index` (0 is the oldest) of any account."""
        return self._edited(synthetic_follower(self._slot(account), index))

    def id_by_formula(self, account: Person, index: int) -> str:
        """The id of that follower, without making the person."""
        return synthetic_id(self._slot(account), index)

    def edit(self, handle: str, changes: Mapping[str, Any]) -> Person:
        """Change a person's handle, name, bio, protected or suspended; the id stays.

        Raises LookupError when nobody has this handle, ValueError for a handle that is taken or
        malformed and for a field that cannot be changed.
        """
        person = self.named(handle)
        if not changes.keys() <= _EDITABLE:
            raise ValueError(f"only {', '.join(sorted(_EDITABLE))} can be changed")
        if "handle" in changes:
            self._check_free(changes["handle"], person)
        merged = {**self.edits.get(person.id, {}), **changes}
        self.put_edits({**self.edits, person.id: merged})
        return replace(person, **changes)

    def put_edits(self, edits: Mapping[str, Mapping[str, Any]]) -> None:
        """Make these the only changes to the people, by id."""
        self.edits = {id: dict(changes) for id, changes in edits.items()}
        renamed = {id: changes["handle"] for id, changes in edits.items() if "handle" in changes}
        self._ids = {
            person.handle.lower(): person.id
            for person in self.listed.values()
            if person.id not in renamed
        }
        self._ids.update({handle.lower(): id for id, handle in renamed.items()})

    def _check_free(self, handle: str, person: Person) -> None:
        holder = self.by_handle(handle)
        if not HANDLE.fullmatch(handle) or (holder and holder.id != person.id):
            raise ValueError(f"{handle} is taken or is not a handle")

    def _edited(self, person: Person) -> Person:
        changes = self.edits.get(person.id)
        return replace(person, **changes) if changes else person

    def _slot(self, account: Person) -> int:
        if account.id in self._slots:
            return self._slots[account.id]
        digest = int(hashlib.sha256(account.id.encode()).hexdigest(), 16)
        return _FIRST_HASHED_SLOT + digest % (SLOTS - _FIRST_HASHED_SLOT)
