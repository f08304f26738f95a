"""Webhook messages at rest, by receiver: what was sent, how often it was tried, how it went."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    DiscriminatorAttribute,
    ListAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import clock, db

KEPT = timedelta(days=14)
"""How long a message, its body and its attempts can be looked at and replayed."""
PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"
HEALTH = "health"
FIRST_MESSAGE, LAST_MESSAGE = "msg_", "msg_~"


class ReceiverItem(db.Table):
    """A row about one receiver."""

    class Meta(db.Meta):
        name = "deliveries"

    receiver = UnicodeAttribute(hash_key=True)
    """User, kind and id of who is told; or the user's bodies, which several receivers share."""
    message_id = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires = db.IntegerAttribute()
    """Unix time; DynamoDB drops the row some time after it."""


class BodyItem(ReceiverItem, discriminator="body"):
    """What a message says, byte for byte; whoever is told the same shares it."""

    event = UnicodeAttribute()
    content = BinaryAttribute(legacy_encoding=False)
    """JSON, compressed by zlib."""

    @staticmethod
    def of(user_id: int) -> str:
        """Where a user's bodies are."""
        return f"{user_id}#bodies"


class EndedItem(ReceiverItem, discriminator="ended"):
    """A subscription that ended, beside its user's bodies: the way to messages that it was sent,
    for as long as they are kept.
    """

    FIRST = "ended#"
    """How its range key begins."""
    subscription_id = db.IntegerAttribute()

    @classmethod
    def now(cls, user_id: int, subscription_id: int) -> EndedItem:
        """The unsaved row of a subscription that ends."""
        return cls(
            BodyItem.of(user_id),
            f"{cls.FIRST}{subscription_id:016d}",
            subscription_id=subscription_id,
            expires=expiry(clock.now()),
        )


class MessageItem(ReceiverItem, discriminator="message"):
    """A message to one receiver, once it was tried for the first time."""

    body_id = UnicodeAttribute()
    event = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    status = UnicodeAttribute()
    attempt = db.IntegerAttribute()
    """The number of the next attempt; how many there were."""
    began_with = db.IntegerAttribute(default=0)
    """The attempt from which the schedule counts; a replay begins anew."""
    due = UTCDateTimeAttribute()
    """When the next attempt may be made."""
    leased_until = UTCDateTimeAttribute(null=True)
    """While it lasts a worker has the message in hand."""
    attempts: ListAttribute[Any] = ListAttribute(default=list)
    """The latest, as `attempts.Attempt` makes them."""


class HealthItem(ReceiverItem, discriminator=HEALTH):
    """A receiver that failed lately; no row where all is well."""

    url = UnicodeAttribute()
    """The address that failed: another one begins with a clean sheet."""
    failures = db.IntegerAttribute(default=0)
    """In a row, over all messages."""
    failing_since = UTCDateTimeAttribute(null=True)
    rests_until = UTCDateTimeAttribute(null=True)
    """Until then its messages wait without calling, because it failed too often."""
    slow_until = UTCDateTimeAttribute(null=True)
    """Until then its messages wait, because a call is not answered yet."""


def expiry(since: datetime) -> int:
    """The unix time at which a row of this age is dropped."""
    return int((since + KEPT).timestamp())
