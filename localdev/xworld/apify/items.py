"""What an actor's run finds: a list of items that are made when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from localdev.xworld.apify.shapes import follower_item, user_item
from localdev.xworld.person import Person
from localdev.xworld.world import XWorld

_PAGE = 200
"""The follower actor reads whole pages, and can hand out more than was asked."""


class BadInput(Exception):
    """The actor's input does not fit its schema; the text says where."""


class DeadRun(Exception):
    """The input fits the schema, but the actor fails on it."""


@dataclass(frozen=True, slots=True)
class Users:
    """Items of the user actor."""

    world: XWorld
    people: tuple[Person, ...]

    def __len__(self) -> int:
        return len(self.people)

    def read(self, start: int, end: int) -> Iterator[dict[str, Any]]:
        """Items `start` up to, not including, `end`."""
        for person in self.people[start:end]:
            yield user_item(person, followers=self.world.followers_count(person))


@dataclass(frozen=True, slots=True)
class Follows:
    """Items of the follower actor for one account, as its followers were when the run began."""

    world: XWorld
    target: Person
    places: Sequence[int]
    following: tuple[Person, ...]

    def __len__(self) -> int:
        return len(self.places) + len(self.following)

    def read(self, start: int, end: int) -> Iterator[dict[str, Any]]:
        """Items `start` up to, not including, `end`: followers newest first, then following."""
        split = len(self.places)
        followers = self.world.at(self.target, self.places[start:end])
        following = self.following[max(0, start - split) : max(0, end - split)]
        for kind, people in (("follower", followers), ("following", following)):
            for person in people:
                yield follower_item(
                    person,
                    kind=kind,
                    target=self.target.handle,
                    followers=self.world.followers_count(person),
                )


Items = Users | Follows


def users(world: XWorld, given: dict[str, Any]) -> list[Items]:
    """The user actor: who is unknown or suspended is just absent."""
    handles, ids = _texts(given, "user_names"), _texts(given, "user_ids")
    found = [world.people.by_handle(handle) for handle in handles]
    found += [world.people.by_id(id) for id in ids]
    return [Users(world, tuple(one for one in found if one and not one.suspended))]


def follows(world: XWorld, given: dict[str, Any]) -> list[Items]:
    """The follower actor. Raises BadInput for what its schema refuses, DeadRun for no question."""
    with_followers = _flag(given, "getFollowers")
    with_following = _flag(given, "getFollowing")
    most_followers = _most(given, "maxFollowers") * with_followers
    most_following = _most(given, "maxFollowings") * with_following
    if not (with_followers or with_following):
        raise DeadRun("Neither getFollowers nor getFollowing is set")
    # Ids override the names, and users report that the actor then returns nothing.
    handles = [] if _texts(given, "user_ids") else _texts(given, "user_names")
    targets = [person for handle in handles if (person := world.people.by_handle(handle))]
    return [
        Follows(
            world,
            target,
            world.places(target)[:most_followers],
            tuple(world.following(target)[:most_following]),
        )
        for target in targets
        if not (target.suspended or target.protected)
    ]


def _flag(given: dict[str, Any], name: str) -> bool:
    if not isinstance(given.get(name), bool):
        raise BadInput(f"Field input.{name} is required and must be boolean")
    return bool(given[name])


def _most(given: dict[str, Any], name: str) -> int:
    most = given.get(name)
    if type(most) is not int or not 200 <= most <= 10_000_000:
        raise BadInput(f"Field input.{name} must be an integer >= 200 and <= 10000000")
    return -(-most // _PAGE) * _PAGE


def _texts(given: dict[str, Any], name: str) -> list[str]:
    texts = given.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BadInput(f"Field input.{name} must be an array of strings")
    return texts
