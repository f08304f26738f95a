"""API keys at rest."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import (
    BooleanAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib import db
from chalicelib.auth import counting


class KeysOfUser(GlobalSecondaryIndex["ApiKeyItem"]):
    """The keys of a user, newest first when read backwards."""

    class Meta:
        index_name = "by-user"
        projection = AllProjection()

    user_id = db.IntegerAttribute(hash_key=True)
    key_id = db.IntegerAttribute(range_key=True)


class ApiKeyItem(db.Table):
    """One API key, found by its digest. Beside these attributes it carries its counters."""

    class Meta(db.Meta):
        name = "api-keys"

    digest = UnicodeAttribute(hash_key=True)
    user_id = db.IntegerAttribute()
    key_id = db.IntegerAttribute()
    name = UnicodeAttribute()
    prefix = UnicodeAttribute()
    last4 = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    last_used_at = UTCDateTimeAttribute(null=True)
    is_revoked = BooleanAttribute(default=False)

    of_user = KeysOfUser()


def admit(digest: str, now: datetime) -> tuple[int, int] | None:
    """Check the key, count the request, note the use: one round trip.

    Returns whose key it is and its requests in this minute; None for a dead key.
    """
    return counting.admit(
        ApiKeyItem,
        digest,
        now,
        alive="is_revoked = :no",
        note=", last_used_at = :now",
        values={":no": {"BOOL": False}, ":now": {"S": ApiKeyItem.last_used_at.serialize(now)}},
    )
