"""Who is calling: a bearer key or a session cookie becomes a Caller, or a documented refusal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from chalicelib import clock
from chalicelib.auth import keys, sessions
from chalicelib.auth.table import admit
from chalicelib.errors import InvalidApiKey, MalformedApiKey, MissingApiKey
from chalicelib.settings import settings

SESSION_REQUESTS_PER_MINUTE = 300
"""Per session; a fixed minute window, as that of keys."""

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Caller(NamedTuple):
    """The user behind a request, and what is left of the credential's minute."""

    user_id: int
    limit: int
    requests: int
    reset: int
    """Seconds until the minute ends."""
    by_cookie: bool
    """A browser sends cookies by itself, so such a call must show where it comes from."""

    @property
    def is_over_limit(self) -> bool:
        return self.requests > self.limit

    def headers(self) -> dict[str, str]:
        """The rate-limit headers that every answer to this caller carries."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.requests)),
            "X-RateLimit-Reset": str(self.reset),
        }


def authenticate(headers: Mapping[str, str], *, takes_cookie: bool) -> Caller:
    """The caller that these headers prove; a key, even a bad one, decides over a cookie.

    Raises MissingApiKey, MalformedApiKey or InvalidApiKey, each with `WWW-Authenticate`.
    """
    now = clock.now()
    given = headers.get("authorization")
    if given is not None:
        return _by_key(given, now)
    token = sessions.token_of(headers) if takes_cookie else None
    admitted = sessions.admit(token, now) if token else None
    if admitted is None:
        raise MissingApiKey(headers=_CHALLENGE)
    user_id, requests = admitted
    return Caller(user_id, SESSION_REQUESTS_PER_MINUTE, requests, _left(now), by_cookie=True)


def _by_key(given: str, now: datetime) -> Caller:
    scheme, _, key = given.partition(" ")
    if scheme.lower() != "bearer" or not keys.is_well_formed(key):
        raise MalformedApiKey(headers=_CHALLENGE)
    admitted = admit(keys.digest(key, settings().key_pepper), now)
    if admitted is None:
        raise InvalidApiKey(headers=_CHALLENGE)
    user_id, requests = admitted
    return Caller(user_id, settings().requests_per_minute, requests, _left(now), by_cookie=False)


def _left(now: datetime) -> int:
    return math.ceil(60 - now.timestamp() % 60)
