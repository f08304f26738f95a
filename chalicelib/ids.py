"""Integer ids: positive, at most 2^53 - 1 so that JavaScript keeps them exact, ordered by creation.

Three kinds, each by what the row is made from:

* `new_id` for things that a person makes (streams, segments, accounts, keys): 41 bits of
  milliseconds, 12 bits of chance. The writer's condition on the key refuses the rare double.
* `numbered` for things that come by the thousand (leads, pairs): the user's number and the user's
  own count, exact without asking anybody else.
* `run_id` for runs: the second of the trigger, the pair and the mode, so that a trigger that is
  delivered twice names the same run.
"""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime
from hashlib import sha256

from chalicelib import clock

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
MAX_ID = 2**53 - 1

USER_BITS = 26
COUNT_BITS = 27
_PAIR_BITS = 21

_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """A fresh id, greater than every id that this process gave before."""
    global _last  # noqa: PLW0603 - one process, one last id
    milliseconds = int((clock.now() - EPOCH).total_seconds() * 1000)
    with _lock:
        _last = max(_last + 1, milliseconds << 12 | secrets.randbelow(1 << 12))
        return _last


def new_user_id() -> int:
    """A user's number, by chance from 2^26; the writer's condition on the key refuses a double."""
    return 1 + secrets.randbelow((1 << USER_BITS) - 1)


def numbered(user_id: int, count: int) -> int:
    """The id of the user's `count`-th lead or pair (1 to 2^27 - 1)."""
    if not 0 < count < 1 << COUNT_BITS:
        raise ValueError(f"count {count} does not fit an id")
    return user_id << COUNT_BITS | count


def run_id(triggered_at: datetime, pair_id: int, *, retest: bool) -> int:
    """The id of the run that `triggered_at` (to the second) starts for a pair.

    Runs sort by their trigger. Within a user no two differ in pair and share an id, as long as the
    user made fewer than 2^21 pairs; users are told apart by a shift, so that ids seldom coincide.
    """
    seconds = int((triggered_at - EPOCH).total_seconds())
    user_id, count = pair_id >> COUNT_BITS, pair_id & ((1 << COUNT_BITS) - 1)
    shift = int.from_bytes(sha256(str(user_id).encode()).digest()[:4], "big")
    slot = (count ^ shift) & ((1 << _PAIR_BITS) - 1)
    return seconds << (_PAIR_BITS + 1) | slot << 1 | int(retest)


def parse(text: str) -> int | None:
    """A path segment as an id, or None when it cannot be one."""
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        return None
    value = int(text)
    return value if 0 < value <= MAX_ID else None
