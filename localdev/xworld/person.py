"""One account of the world and how a line of a world file becomes one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
"""What X accepts as a handle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person, bot or brand. None means "the file does not say", and is left off the wire."""

    id: str
    """Digits, as X's user ids are."""
    handle: str
    name: str | None = None
    bio: str | None = None
    location: str | None = None
    url: str | None = None
    image: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    listed: int | None = None
    likes: int | None = None
    created_at: datetime | None = None
    as_of: datetime | None = None
    """When the file's author looked at X; the world answers the profile as it was then."""
    verified: bool | None = None
    blue_verified: bool | None = None
    verified_type: str | None = None
    default_image: bool | None = None
    protected: bool = False
    suspended: bool = False
    follows: tuple[str, ...] = ()
    """Handles of the accounts whose audience this person belongs to."""

    @property
    def is_verified(self) -> bool:
        """Whether X lists this person among the verified followers of an account."""
        return bool(self.verified or self.blue_verified or self.verified_type)


def people_of(rows: Iterable[Mapping[str, Any]]) -> list[Person]:
    """One person a row, with unique ids and handles; a second row of the same id is passed over.

    An id that is not a number and a handle that X would not accept are derived from the row, the
    same way each time, so that a world keeps its ids from one start to the next.
    """
    people: list[Person] = []
    seen: set[str] = set()
    ids: set[str] = set()
    handles: set[str] = set()
    for number, row in enumerate(rows, start=1):
        key = str(row.get("id") or row.get("handle") or f"row {number}")
        if key in seen:
            continue
        seen.add(key)
        person = person_of(row, id=_free_id(key, ids), handle=_free_handle(key, row, handles))
        ids.add(person.id)
        handles.add(person.handle.lower())
        people.append(person)
    return people


def person_of(row: Mapping[str, Any], *, id: str, handle: str) -> Person:
    """The person that a row of a world file describes. Keys that are not known are passed over."""
    return Person(
        id=id,
        handle=handle,
        name=row.get("name"),
        bio=row.get("bio"),
        location=row.get("location"),
        url=row.get("url"),
        image=row.get("image"),
        followers=row.get("followers"),
        following=row.get("following"),
        posts=row.get("tweets"),
        listed=row.get("listed"),
        likes=row.get("likes"),
        created_at=_moment(row.get("createdAt")),
        as_of=_moment(row.get("asOf")),
        verified=row.get("verified"),
        blue_verified=row.get("blueVerified"),
        verified_type=row.get("verifiedType"),
        default_image=row.get("defaultAvatar"),
        protected=bool(row.get("protected")),
        suspended=bool(row.get("suspended")),
        follows=tuple(row.get("follows") or ()),
    )


def _free_id(key: str, taken: set[str]) -> str:
    candidate = key if re.fullmatch(r"[1-9][0-9]{0,18}", key) else _number(key)
    while candidate in taken:
        candidate = _number(candidate)
    return candidate


def _number(key: str) -> str:
    """Short hex keys keep their value, so that an answer can be traced back to its row."""
    if re.fullmatch(r"[0-9a-f]{8,15}", key) and int(key, 16) > 0:
        return str(int(key, 16))
    return str(10**17 + int(_digest(key), 16) % (8 * 10**17))


def _free_handle(key: str, row: Mapping[str, Any], taken: set[str]) -> str:
    handle = row.get("handle") or ""
    candidate = handle if HANDLE.fullmatch(handle) else f"u_{key}"
    if not HANDLE.fullmatch(candidate):
        candidate = f"u_{_digest(key)[:13]}"
    while candidate.lower() in taken:
        candidate = f"u_{_digest(key + candidate)[:13]}"
    return candidate


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _moment(text: str | None) -> datetime | None:
    """Read ISO 8601, UTC where it names no zone. Raises ValueError for anything else."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
