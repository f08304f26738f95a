"""Sessions of the web UI: a random token in a cookie, its digest at rest, 30 days."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib import db
from chalicelib.auth import counting, keys
from chalicelib.settings import settings

COOKIE = "ctgo_session"
LIFE = timedelta(days=30)
_FLAGS = "Path=/; HttpOnly; Secure; SameSite=Lax"


class SessionsOfUser(GlobalSecondaryIndex["SessionItem"]):
    """The sessions of a user, by their digests."""

    class Meta:
        index_name = "by-user"
        projection = KeysOnlyProjection()

    user_id = db.IntegerAttribute(hash_key=True)
    digest = UnicodeAttribute(range_key=True)


class SessionItem(db.Table):
    """One session, found by its token's digest. Beside these attributes it carries its counters."""

    class Meta(db.Meta):
        name = "sessions"

    digest = UnicodeAttribute(hash_key=True)
    user_id = db.IntegerAttribute()
    created_at = UTCDateTimeAttribute()
    expires = db.IntegerAttribute()
    """Seconds since 1970. DynamoDB removes the row some time after; who reads it compares."""

    of_user = SessionsOfUser()


def new(user_id: int, now: datetime) -> tuple[SessionItem, str]:
    """The row of a fresh session, yet to be written, and its token, which is never seen again."""
    token = secrets.token_urlsafe(32)
    expires = int((now + LIFE).timestamp())
    return SessionItem(digest(token), user_id=user_id, created_at=now, expires=expires), token


def digest(token: str) -> str:
    """What is stored of a session's token."""
    return keys.digest(token, settings().key_pepper)


def admit(token: str, now: datetime) -> tuple[int, int] | None:
    """Check the session and count the request: one round trip.

    Returns whose session it is and its requests in this minute; None for a dead session.
    """
    values = {":now": {"N": str(int(now.timestamp()))}}
    return counting.admit(SessionItem, digest(token), now, alive="expires > :now", values=values)


def end(token: str) -> None:
    """Forget a session. An unknown one is no error."""
    SessionItem(digest(token)).delete()


def cookie(token: str) -> str:
    """The header that gives a browser its session."""
    return f"{COOKIE}={token}; Max-Age={int(LIFE.total_seconds())}; {_FLAGS}"


def no_cookie() -> str:
    """The header that takes the session from a browser."""
    return f"{COOKIE}=; Max-Age=0; {_FLAGS}"


def token_of(headers: Mapping[str, str]) -> str | None:
    """The token that a request's cookie carries.

    Read by hand: `http.cookies` drops all cookies of a header in which one is oddly formed.
    """
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value or None
    return None
