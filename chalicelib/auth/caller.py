"""Who is calling: a bearer key becomes a Caller, or one of the documented refusals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib import clock
from chalicelib.auth import keys
from chalicelib.auth.table import admit
from chalicelib.errors import InvalidApiKey, MalformedApiKey, MissingApiKey
from chalicelib.settings import settings

REQUESTS_PER_MINUTE = 60
"""Per key; a fixed minute window."""

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Caller:
    """The user behind a request, and what is left of the key's minute."""

    user_id: int
    key_id: int
    limit: int
    requests: int
    reset: int
    """Seconds until the minute ends."""

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


def authenticate(headers: Mapping[str, str]) -> Caller:
    """The caller that these headers prove.

    Raises MissingApiKey, MalformedApiKey or InvalidApiKey, each with `WWW-Authenticate`.
    """
    given = headers.get("authorization")
    if given is None:
        raise MissingApiKey(headers=_CHALLENGE)
    scheme, _, key = given.partition(" ")
    if scheme.lower() != "bearer" or not keys.is_well_formed(key):
        raise MalformedApiKey(headers=_CHALLENGE)
    now = clock.now()
    admission = admit(keys.digest(key, settings().key_pepper), now)
    if admission is None:
        raise InvalidApiKey(headers=_CHALLENGE)
    return Caller(
        user_id=admission.user_id,
        key_id=admission.key_id,
        limit=REQUESTS_PER_MINUTE,
        requests=admission.requests,
        reset=math.ceil(60 - now.timestamp() % 60),
    )
