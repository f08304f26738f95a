"""Sending a thing once: noted before it goes, and again when it went.

SES and Telegram know no idempotency keys. A worker that dies after they took a message and before
it noted so has it sent once more when its lease is over: at least once, and twice only then.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib import clock, db
from chalicelib.notices.table import NoticeItem

LEASE = timedelta(seconds=75)
"""Longer than a worker lives (60 s)."""
KEPT = timedelta(days=90)


class InHand(Exception):
    """Another worker may be sending it; `seconds` until it has surely ended."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"in hand for another {seconds} s")
        self.seconds = seconds


def once(user_id: int, notice: str, send: Callable[[], None]) -> bool:
    """Call `send` unless this notice went before. Whether it was called.

    Raises InHand, and whatever `send` raises: then the notice is free again at once.
    """
    row = NoticeItem(user_id, notice)
    if not _take(row):
        return False
    try:
        send()
    except Exception:
        row.update(actions=[NoticeItem.lease_until.remove()])
        raise
    row.update(actions=[NoticeItem.done_at.set(clock.now()), NoticeItem.lease_until.remove()])
    return True


def _take(row: NoticeItem) -> bool:
    now = clock.now()
    is_free = NoticeItem.lease_until.does_not_exist() | (NoticeItem.lease_until < now)
    try:
        with db.conditional():
            row.update(
                actions=[
                    NoticeItem.lease_until.set(now + LEASE),
                    NoticeItem.expires.set(int((now + KEPT).timestamp())),
                ],
                condition=NoticeItem.done_at.does_not_exist() & is_free,
            )
    except db.Conflict:
        return _is_free_after_all(row)
    return True


def _is_free_after_all(row: NoticeItem) -> bool:
    """False when it went. Raises InHand while somebody has it, or had it a moment ago."""
    found = NoticeItem.find(row.user_id, row.notice)
    if found is not None and found.done_at is not None:
        return False
    until = found.lease_until if found is not None else None
    left = (until - clock.now()).total_seconds() if until else 0
    raise InHand(max(1, round(left) + 1))
