"""Pages of the messages that an address was sent, newest first, each with its attempts."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib import clock
from chalicelib.delivery.table import FIRST_MESSAGE, LAST_MESSAGE, PENDING, MessageItem
from chalicelib.http import cursors
from chalicelib.webhooks.schemas import (
    MessagesQuery,
    WebhookAttempt,
    WebhookMessage,
    WebhookMessages,
)


def messages(receiver: str, query: MessagesQuery) -> WebhookMessages:
    """A page. One query, as a rule. Raises what a cursor may raise."""
    bound = {"receiver": receiver, "status": query.status}
    before = LAST_MESSAGE if query.cursor is None else cursors.decode(query.cursor, bound)
    is_shown: Any = MessageItem.expires > int(clock.now().timestamp())
    if query.status is not None:
        is_shown &= MessageItem.status == query.status
    rows = MessageItem.query(
        receiver,
        MessageItem.message_id.between(FIRST_MESSAGE, before),
        filter_condition=is_shown,
        scan_index_forward=False,
        consistent_read=True,
    )
    found = list(islice((row for row in rows if row.message_id != before), query.limit + 1))
    page, has_more = found[: query.limit], len(found) > query.limit
    return WebhookMessages(
        messages=[_shown(row) for row in page],
        has_more=has_more,
        next_cursor=cursors.encode(page[-1].message_id, bound) if has_more else None,
    )


def _shown(row: MessageItem) -> WebhookMessage:
    return WebhookMessage(
        id=row.message_id,
        event=row.event,
        created_at=row.created_at,
        status=row.status,  # type: ignore[arg-type]
        next_attempt_at=row.due if row.status == PENDING else None,
        attempts=[_attempt(each) for each in row.attempts],
    )


def _attempt(stored: Any) -> WebhookAttempt:
    return WebhookAttempt(**{**dict(stored), "at": datetime.fromisoformat(stored["at"])})
