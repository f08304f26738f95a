"""Webhook messages on the deliver queue."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final, Literal

from chalicelib.queues import Job

TRIAL: Final = "webhook.test"
"""The event that the user asked for to see whether messages arrive; it waits for nothing."""


class SendWebhook(Job):
    """Try a message to one receiver."""

    queue: ClassVar[str] = "deliver"
    kind: Literal["webhook"] = "webhook"
    user_id: int
    row_key: str
    """The receiver's row in the workspace: a subscription or a stream."""
    receiver_id: int
    """Its id: an address that was subscribed anew is another receiver."""
    message_id: str
    body_id: str
    event: str
    created_at: datetime
    attempt: int = 0
    due: datetime
    """Not before then."""
    replays: bool = False
    """Whether the message begins anew although it was over."""


class ReplayFailed(Job):
    """Try again what a receiver did not get since an instant."""

    queue: ClassVar[str] = "deliver"
    kind: Literal["replay"] = "replay"
    user_id: int
    row_key: str
    receiver_id: int
    after: str
    """The messages behind this id."""


class GiveUp(Job):
    """End deliveries to an address that is gone, or failed for days."""

    queue: ClassVar[str] = "deliver"
    kind: Literal["give_up"] = "give_up"
    user_id: int
    row_key: str
    receiver_id: int
    url: str
    at: datetime
    reason: Literal["gone", "failing"]
    """It answered 410, or nothing but failures for five days."""
