"""API keys at rest. One conditional update admits a request, counts it and notes the use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import (
    BooleanAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.operand import Path
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib import db

_SLOTS = 12
"""Counters of a key, one a minute in turn; each request clears all but its own."""


class KeysOfUser(GlobalSecondaryIndex["ApiKeyItem"]):
    """The keys of a user, newest first when read backwards."""

    class Meta:
        index_name = "by-user"
        projection = AllProjection()

    user_id = db.IntegerAttribute(hash_key=True)
    key_id = db.IntegerAttribute(range_key=True)


class ApiKeyItem(db.Table):
    """One API key, found by its digest."""

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
    minute = db.IntegerAttribute(null=True)
    """The minute (since 1970) of the latest request."""

    of_user = KeysOfUser()


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that a live key made."""

    user_id: int
    key_id: int
    requests: int
    """Requests of this key in this minute, this one included."""


def admit(digest: str, now: datetime) -> Admission | None:
    """Check the key, count the request, note the use: one round trip. None for a dead key.

    A counter that was last used a multiple of 12 minutes ago still holds its old count; that is
    seen in the answer and mended with a second write.
    """
    minute = int(now.timestamp() // 60)
    slots = [Path(f"requests_{number}") for number in range(_SLOTS)]
    own = slots.pop(minute % _SLOTS)
    try:
        old = ApiKeyItem._get_connection().update_item(
            digest,
            actions=[
                own.add(1),
                ApiKeyItem.minute.set(minute),
                ApiKeyItem.last_used_at.set(now),
                *(slot.remove() for slot in slots),
            ],
            condition=ApiKeyItem.digest.exists() & (ApiKeyItem.is_revoked == False),  # noqa: E712
            return_values="ALL_OLD",
        )["Attributes"]
    except UpdateError as fault:
        if fault.cause_response_code == "ConditionalCheckFailedException":
            return None
        raise
    counted = int(old.get(own.path[0], {"N": "0"})["N"])
    if counted and int(old["minute"]["N"]) != minute:
        ApiKeyItem._get_connection().update_item(
            digest, actions=[own.set(1)], condition=ApiKeyItem.minute == minute
        )
        counted = 0
    return Admission(int(old["user_id"]["N"]), int(old["key_id"]["N"]), counted + 1)
