"""Idempotency-Key: the same request again gets the first one's answer, and takes effect once.

Kept are answers of success. Refusals are not: each comes before anything took effect (an effect is
one transaction, and what follows it answers success or fails with 5xx), so the key is free again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib.errors import InvalidRequest
from chalicelib.http import attempts
from chalicelib.http.attempts import Attempt

METHODS = {"POST", "PATCH"}
_FORM = re.compile(r"[\x21-\x7e]{1,255}")


class Call(NamedTuple):
    """What makes a request the same as another."""

    user_id: int
    method: str
    path: str
    body: bytes
    key: str | None
    """The Idempotency-Key header."""
    takes_up: bool
    """Whether a request without a key takes up its like, if that was never answered."""
    shown_once: str | None
    """The field of the answer that a replay must not show."""


def once(call: Call, give: Callable[[Attempt], Response], headers: dict[str, str]) -> Response:
    """Answer the call by `give`, or as it was answered before. A request without a key costs
    nothing here, unless it takes up its like.

    Raises InvalidRequest, IdempotencyKeyReused, IdempotencyInProgress, and whatever `give` raises.
    """
    if call.key is not None:
        return _once_by_key(call, call.key, give, headers)
    if not call.takes_up:
        return give(Attempt(None))
    attempt = Attempt(_digest(call, "body", _fingerprint(call.body)))
    response = give(attempt)
    if attempt.is_noted:
        attempts.forget(attempt)
    return response


def _once_by_key(
    call: Call, key: str, give: Callable[[Attempt], Response], headers: dict[str, str]
) -> Response:
    if not _FORM.fullmatch(key):
        detail = {
            "field": "Idempotency-Key",
            "message": "must be 1 to 255 visible ASCII characters",
        }
        raise InvalidRequest(details=[detail])
    row = attempts.claim(_digest(call, "key", key), _fingerprint(call.body))
    if row.status is not None:
        return Response(row.body, {**headers, "Idempotent-Replayed": "true"}, row.status)
    attempt = Attempt(row.key, claimed=row)
    try:
        response = give(attempt)
    except Exception:
        attempts.free(attempt)
        raise
    attempts.settle(row.key, response.status_code, _storable(response.body, call.shown_once))
    return response


def _digest(call: Call, *kind: str) -> str:
    return sha256(json.dumps([call.user_id, call.method, call.path, *kind]).encode()).hexdigest()


def _fingerprint(raw: bytes) -> str:
    """A digest that is the same for bodies that say the same in JSON."""
    try:
        text: Any = json.dumps(json.loads(raw.strip() or b"{}"), sort_keys=True).encode()
    except (ValueError, RecursionError):  # no JSON: it will be refused as such
        text = raw
    return sha256(text).hexdigest()


def _storable(body: str, shown_once: str | None) -> str:
    return body if shown_once is None else json.dumps({**json.loads(body), shown_once: None})
