"""When a webhook message is tried again, when its receiver rests, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final

SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
"""The pauses after the first attempt, the second, and so on (contract, webhooks)."""
JITTER: Final = 0.2
"""Share by which a pause may be longer or shorter."""
LONGEST_RETRY_AFTER: Final = timedelta(days=1)
"""A receiver may ask for so long a pause; what it asks beyond is not heard."""

GIVEN_UP_AFTER: Final = timedelta(days=5)
"""Of nothing but failures."""

PATIENCE: Final = 3
"""Failures in a row before a receiver's messages wait without calling."""
SHORTEST_REST, LONGEST_REST = timedelta(seconds=10), timedelta(minutes=5)


def next_pause(tried: int, spread: float, *, asked: timedelta | None) -> timedelta | None:
    """The pause after `tried` attempts (1 at least); None when that was the last.

    `spread` between 0 and 1 chooses within the jitter. `asked` is the receiver's Retry-After, which
    makes the pause longer, never shorter.
    """
    if tried > len(SCHEDULE):
        return None
    pause = SCHEDULE[tried - 1] * (1 - JITTER + 2 * JITTER * spread)
    return pause if asked is None else max(pause, min(asked, LONGEST_RETRY_AFTER))


def spread(message_id: str, receiver: str, attempt: int) -> float:
    """A number in [0, 1) that differs from message to message and never from repeat to repeat."""
    digest = sha256(f"{receiver}/{message_id}/{attempt}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for: seconds or an HTTP date. None where it says neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_RETRY_AFTER.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - now, timedelta())


def rest(failures: int, failing_for: timedelta) -> timedelta | None:
    """How long a receiver's messages wait after so many failures in a row; None is not at all.

    Half as long as it has been failing: an outage of a minute costs half a minute at most.
    """
    if failures < PATIENCE:
        return None
    return min(max(failing_for / 2, SHORTEST_REST), LONGEST_REST)


def is_hopeless(failing_for: timedelta) -> bool:
    """Whether a receiver that answered nothing else for so long is given up."""
    return failing_for >= GIVEN_UP_AFTER
