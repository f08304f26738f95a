"""The upkeep queue: what follows a change of a workspace, and the rounds of every night."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.follow_up import FollowDigest, FollowUp, Reconcile
from chalicelib.nightly.reconciling import Part, reconcile
from chalicelib.nightly.walking import WalkSchedules, WalkUsers, walk_schedules, walk_users
from chalicelib.queues import Message, kind_of
from chalicelib.scheduling.schedules import Schedules
from chalicelib.streams.upkeep import Upkeep


class Caretaker:
    """Takes messages, told apart by their `kind`.

    `parts`, by name, are what is done for one user each night; `others` take further kinds.
    """

    def __init__(
        self,
        upkeep: Upkeep,
        schedules: Schedules,
        parts: Mapping[str, Part],
        others: Mapping[str, Callable[[str], None]] | None = None,
    ) -> None:
        self._upkeep = upkeep
        self._schedules = schedules
        self.parts = parts
        self._takers: dict[str, Callable[[str], None]] = {
            "follow_up": self._follow_up,
            "reconcile": self._reconcile,
            "follow_digest": self._follow_digest,
            "walk_users": self._walk_users,
            "walk_schedules": self._walk_schedules,
            **(others or {}),
        }

    def take(self, message: Message) -> None:
        """Take a message of the upkeep queue; one without a kind is a follow-up."""
        self._takers[kind_of(message.body) or "follow_up"](message.body)

    def _follow_up(self, body: str) -> None:
        self._upkeep.follow(FollowUp.model_validate_json(body))

    def _reconcile(self, body: str) -> None:
        reconcile(Reconcile.model_validate_json(body).user_id, self.parts)

    def _follow_digest(self, body: str) -> None:
        self.parts["digests"](FollowDigest.model_validate_json(body).user_id)

    def _walk_users(self, body: str) -> None:
        walk_users(WalkUsers.model_validate_json(body))

    def _walk_schedules(self, body: str) -> None:
        walk_schedules(WalkSchedules.model_validate_json(body), self._schedules)
