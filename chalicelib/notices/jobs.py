"""What is to be told to people, as messages of the deliver queue."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from chalicelib.queues import Job


class Notice(Job):
    """Something that a person is told once. A repeated message meets the note that it was."""

    queue: ClassVar[str] = "deliver"
    user_id: int
    due: datetime | None = None
    """Not before then; None is at once."""
    put_off: int = 0
    """How often it could not be sent for now."""


class OfRun(Notice):
    """Something about a run that ended."""

    stream_id: int
    run_id: int


class MailSheet(OfRun):
    """Mail the run's new leads as a file."""

    kind: Literal["mail_sheet"] = "mail_sheet"


class MailRunDigest(OfRun):
    """Mail what the run found."""

    kind: Literal["mail_run_digest"] = "mail_run_digest"


class TellByTelegram(OfRun):
    """Write to a Telegram chat what the run found."""

    kind: Literal["tell_by_telegram"] = "tell_by_telegram"


class MailRunFailure(OfRun):
    """Mail that the run failed, once a stream and day."""

    kind: Literal["mail_run_failure"] = "mail_run_failure"


class MailDigest(Notice):
    """Mail what was found since the last digest: a schedule's message, each day or each week."""

    kind: Literal["mail_digest"] = "mail_digest"
    at: datetime
    """When the schedule fired."""


class MailLowCredits(Notice):
    """Mail that credits are low: `billing.low_balance.LowCredits`, which may be put off here."""

    kind: Literal["low_credits"] = "low_credits"
    granted: int
    """Names the occasion."""


class MailWebhookDisabled(Notice):
    """Mail that an address of the user's is not called any more."""

    kind: Literal["mail_webhook_disabled"] = "mail_webhook_disabled"
    target_url: str
    reason: Literal["gone", "failing"]
    """It answered 410, or nothing but failures for five days."""
    since: datetime
