"""What must follow elsewhere when a workspace changes: schedules, copies, credits, Stripe.

The change promises it before it begins, by a message that comes a little later, and does it at
once when it is done. So a process that dies in between leaves nothing undone, and one that lives
leaves the worker nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from chalicelib import queues

DELAY_SECONDS = 60
"""Longer than a request lives: API Gateway gives up on one after 29 s."""


class FollowUp(queues.Job):
    """Make these agree with the user's workspace as it is now. May be repeated at any time."""

    queue: ClassVar[str] = "upkeep"
    kind: Literal["follow_up"] = "follow_up"
    user_id: int
    stream_id: int | None = None
    """The stream whose schedules follow."""
    account_id: int | None = None
    """The account whose handle and tier stand in streams."""
    telling: str | None = None
    """The business action of which Stripe is told, if what is paid for changes."""
    credits: bool = False
    """Whether awake accounts may be due what the billing period grants."""


class Reconcile(queues.Job):
    """Compare what other systems hold for a user with the user's workspace, and set it right.

    Sent for everybody each night, and by whoever has reason to doubt. May be repeated.
    """

    queue: ClassVar[str] = "upkeep"
    kind: Literal["reconcile"] = "reconcile"
    user_id: int


class FollowDigest(queues.Job):
    """Give a user the schedule of digests that settings and streams ask for now."""

    queue: ClassVar[str] = "upkeep"
    kind: Literal["follow_digest"] = "follow_digest"
    user_id: int


Follow = Callable[[FollowUp | None], None]
"""Does what was promised, now; what fails is left to the worker. None: nothing follows."""


def promise(*jobs: FollowUp | FollowDigest | None) -> None:
    """Have a worker see to them soon, whatever becomes of this process. One round trip."""
    queues.send([job for job in jobs if job is not None], delay_seconds=DELAY_SECONDS)
