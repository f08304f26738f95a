"""Reaching every user once a night: each gets a message of its own, so that one cannot hold up all.

The table of addresses has one small row per user, so it is what is walked, in parallel segments. A
segment is read whole by one message and never handed on: a cursor would carry somebody's address.
Schedules of users who are gone are found by walking the schedules.
"""

from __future__ import annotations

from itertools import islice
from typing import ClassVar, Literal

from chalicelib import queues
from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.follow_up import Reconcile
from chalicelib.nightly.reconciling import mend_schedules
from chalicelib.scheduling.schedules import Schedules

SEGMENTS = 32
"""Messages that walk the users; one deals with some ten thousand users in its time."""
_AT_ONCE = 100
"""Messages that wait in memory before they are sent."""


class WalkUsers(queues.Job):
    """Send a message for each user of a segment."""

    queue: ClassVar[str] = "upkeep"
    kind: Literal["walk_users"] = "walk_users"
    segment: int


class WalkSchedules(queues.Job):
    """Look at a page of the schedules for such as belong to nobody."""

    queue: ClassVar[str] = "upkeep"
    kind: Literal["walk_schedules"] = "walk_schedules"
    token: str | None = None


def begin() -> None:
    """Have everybody reconciled. May be repeated."""
    queues.send([WalkUsers(segment=segment) for segment in range(SEGMENTS)])
    queues.send([WalkSchedules()])


def walk_users(job: WalkUsers) -> None:
    """Take a segment of the users."""
    rows = IdentityItem.scan(
        segment=job.segment,
        total_segments=SEGMENTS,
        attributes_to_get=["identity", "user_id"],
    )
    ids = (int(row.user_id) for row in rows)
    while some := set(islice(ids, _AT_ONCE)):
        queues.send([Reconcile(user_id=user_id) for user_id in sorted(some)])


def walk_schedules(job: WalkSchedules, schedules: Schedules) -> None:
    """Hand on the page after this one, and take the schedules away of users who are gone."""
    user_ids, token = schedules.owners(job.token)
    if token:
        queues.send([WalkSchedules(token=token)])
    there = {int(row.user_id) for row in UserItem.find_all((each, SELF) for each in user_ids)}
    for user_id in sorted(user_ids - there):
        mend_schedules(user_id, schedules)
