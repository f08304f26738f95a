"""What must follow elsewhere when a workspace changes: schedules, copies, credits, Stripe.

The change promises it before it begins, by a message that comes a little later, and does it at
once when it is done. So a process that dies in between leaves nothing undone, and one that lives
leaves the worker nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from chalicelib import queues

DELAY_SECONDS = 60
"""Longer than a request lives: API Gateway gives up on one after 29 s."""


class FollowUp(queues.Job):
    """Make these agree with the user's workspace as it is now. May be repeated at any time."""

    queue: ClassVar[str] = "upkeep"
    user_id: int
    stream_id: int | None = None
    """The stream whose schedules follow."""
    account_id: int | None = None
    """The account whose handle and tier stand in streams."""
    version: int | None = None
    """The workspace's version when Stripe was to be told of a change in what is paid for."""
    credits: bool = False
    """Whether awake accounts may be due what the billing period grants."""


Follow = Callable[[FollowUp | None], None]
"""Does what was promised, now; what fails is left to the worker. None: nothing follows."""


def promise(job: FollowUp | None) -> None:
    """Have a worker see to it soon, whatever becomes of this process."""
    if job is not None:
        queues.send([job], delay_seconds=DELAY_SECONDS)
