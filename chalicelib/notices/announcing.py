"""A run ended: which notices it makes."""

from __future__ import annotations

from typing import Any

from chalicelib.auth.users import UserItem
from chalicelib.notices.jobs import (
    MailRunDigest,
    MailRunFailure,
    MailSheet,
    Notice,
    TellByTelegram,
)
from chalicelib.runs.table import FAILED, RunItem
from chalicelib.streams.digests import digest_of
from chalicelib.streams.table import StreamItem


def notices_of(user: UserItem, stream: StreamItem, run: RunItem) -> list[Notice]:
    """What is to be told of a run that is over; a failed one may have found leads too."""
    of_run: dict[str, Any] = {
        "user_id": user.user_id,
        "stream_id": stream.stream_id,
        "run_id": run.run_id,
    }
    notices: list[Notice] = []
    if run.status == FAILED and user.run_failure_alerts:
        notices.append(MailRunFailure(**of_run))
    if not run.entered:
        return notices
    if stream.csv_email_recipients:
        notices.append(MailSheet(**of_run))
    if digest_of(stream, user) == "after_every_sync":
        notices.append(MailRunDigest(**of_run))
    if goes_to_telegram(stream, user):
        notices.append(TellByTelegram(**of_run))
    return notices


def goes_to_telegram(stream: StreamItem, user: UserItem) -> bool:
    """Whether the stream's leads are told there: its own wish, else the team's; with a chat."""
    wanted = stream.telegram_override
    is_on = user.telegram_enabled if wanted is None else wanted
    return bool(is_on and user.telegram_chat_id)
