"""Requests that must take effect once: what is kept of them, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib import clock, db
from chalicelib.errors import IdempotencyInProgress, IdempotencyKeyReused

LIFE = timedelta(hours=24)
LEASE = timedelta(seconds=30)
"""Longer than the API's function may run: an attempt that is older died without a word."""
PATIENCE = "2"
"""Seconds after which a caller may ask again for what is under way."""


class AttemptItem(db.Table):
    """One request, found by the digest of what makes it the same as another."""

    class Meta(db.Meta):
        name = "idempotency"

    key = UnicodeAttribute(hash_key=True)
    fingerprint = UnicodeAttribute(null=True)
    """Digest of the body that came with an Idempotency-Key."""
    lease = db.IntegerAttribute(null=True)
    """Until when (seconds since 1970) the attempt counts as running."""
    status = db.IntegerAttribute(null=True)
    body = UnicodeAttribute(null=True)
    """The answer, once it was given."""
    note = JSONAttribute(null=True)
    """What the attempt did, written by the transaction that did it."""
    expires = db.IntegerAttribute()
    """Seconds since 1970. DynamoDB removes the row some time after; who reads it compares."""


class Attempt:
    """One try at a request. What it did must be found by the next try, should this one die."""

    def __init__(self, key: str | None, *, claimed: AttemptItem | None = None) -> None:
        """Without a key nothing is looked for and nothing kept.

        `claimed` is the row of this key, if nobody else can write it meanwhile.
        """
        self.key = key
        self._claimed = claimed
        self.is_noted = False
        """Whether something was found, or was to be kept."""

    def earlier(self) -> Any:
        """What an interrupted try kept, None if nothing. At most one round trip."""
        if self.key is None:
            return None
        row = self._claimed or AttemptItem.find(self.key)
        if row is None or row.note is None or row.expires <= _now():
            return None
        self.is_noted = True
        return row.note

    def keep(self, write: db.Write, note: Any) -> None:
        """Have the transaction leave `note` (plain JSON) for the next try.

        The transaction fails with `db.Conflict` when another try was faster: look for it again.
        """
        if self.key is None:
            return
        self.is_noted = True
        now = _now()
        write.update(
            AttemptItem(self.key),
            actions=[
                AttemptItem.note.set(note),
                AttemptItem.expires.set(now + int(LIFE.total_seconds())),
            ],
            condition=AttemptItem.note.does_not_exist() | (AttemptItem.expires <= now),
        )


def claim(key: str, fingerprint: str) -> AttemptItem:
    """Take the right to make this attempt, or find its answer: a row with a status.

    One round trip for a new key. Raises IdempotencyKeyReused for another body and
    IdempotencyInProgress while the first attempt runs.
    """
    now = _now()
    row = AttemptItem(
        key,
        fingerprint=fingerprint,
        lease=now + int(LEASE.total_seconds()),
        expires=now + int(LIFE.total_seconds()),
    )
    try:
        with db.conditional():
            row.save(condition=AttemptItem.key.does_not_exist() | (AttemptItem.expires <= now))
    except db.Conflict:
        return _found(row, now)
    return row


def _found(wanted: AttemptItem, now: int) -> AttemptItem:
    """What stands where `wanted` could not be written: its answer, or an attempt that died."""
    row = AttemptItem.find(wanted.key)
    if row is None:  # given back between our two calls
        raise _in_progress()
    is_dead = row.status is None and (row.lease or 0) <= now
    left_nothing = is_dead and row.note is None
    if row.fingerprint != wanted.fingerprint and not left_nothing:
        raise IdempotencyKeyReused
    if row.status is not None:
        return row
    if not is_dead:
        raise _in_progress()
    try:
        with db.conditional():
            row.update(
                actions=[
                    AttemptItem.lease.set(wanted.lease),
                    AttemptItem.fingerprint.set(wanted.fingerprint),
                ],
                condition=AttemptItem.lease == row.lease,
            )
    except db.Conflict:
        raise _in_progress() from None
    return row


def settle(key: str, status: int, body: str) -> None:
    """Keep the answer of an attempt for whoever asks again."""
    AttemptItem(key).update(
        actions=[
            AttemptItem.status.set(status),
            AttemptItem.body.set(body),
            AttemptItem.lease.remove(),
            AttemptItem.note.remove(),
        ]
    )


def free(attempt: Attempt) -> None:
    """Let the same key be tried again at once; what the attempt did stays known."""
    if attempt.is_noted:
        AttemptItem(attempt.key).update(actions=[AttemptItem.lease.set(0)])
    else:
        forget(attempt)


def forget(attempt: Attempt) -> None:
    """Forget an attempt whose outcome its caller has."""
    AttemptItem(attempt.key).delete()


def _in_progress() -> IdempotencyInProgress:
    return IdempotencyInProgress(headers={"Retry-After": PATIENCE})


def _now() -> int:
    return int(clock.now().timestamp())
