"""Sign-in links on their way, and the counters that keep them few. All rows go by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute

from chalicelib import db
from chalicelib.auth import keys
from chalicelib.settings import settings

LINK_LIFE = timedelta(minutes=15)
HOUR = 3600


class LinkItem(db.Table):
    """A link that was mailed, found by its token's digest. It goes when it is used."""

    class Meta(db.Meta):
        name = "sign-in"

    key = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute()
    name = UnicodeAttribute()
    """How the user is called, should the address be new."""
    ip = UnicodeAttribute()
    """Where the link was asked for."""
    expires = db.IntegerAttribute()
    """Seconds since 1970. DynamoDB removes the row some time after; who reads it compares."""

    @staticmethod
    def at(token: str) -> str:
        """The key of a token's link."""
        return f"link:{keys.digest(token, settings().key_pepper)}"


class CountItem(db.Table):
    """How often something was asked for in one hour of the clock."""

    class Meta(db.Meta):
        name = "sign-in"

    key = UnicodeAttribute(hash_key=True)
    times = db.IntegerAttribute()
    expires = db.IntegerAttribute()


def counted(what: str, now: datetime) -> int:
    """Count `what` once more in this hour of the clock; how often that makes. One round trip."""
    hour = int(now.timestamp()) // HOUR
    row = CountItem(f"count:{keys.digest(what, settings().key_pepper)}:{hour}")
    row.update(actions=[CountItem.times.add(1), CountItem.expires.set((hour + 1) * HOUR)])
    return int(row.times)
