"""Webhook subscriptions at rest: one row a URL, so that a URL is subscribed once."""

from __future__ import annotations

from hashlib import sha256

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib import db
from chalicelib.workspace import WorkspaceItem

KIND = "webhook"


class SubscriptionItem(WorkspaceItem, discriminator=KIND):
    """An address that wants to hear of leads."""

    subscription_id = db.IntegerAttribute()
    target_url = UnicodeAttribute()
    secret = UnicodeAttribute()
    filter = JSONAttribute(default=dict)
    """What a lead must be, in the names of `WebhookFilter`; a row from before v2 may name more."""
    created_at = UTCDateTimeAttribute()
    disabled_at = UTCDateTimeAttribute(null=True)
    """When we gave the address up."""

    @staticmethod
    def at(target_url: str) -> str:
        """The range key of a URL's subscription."""
        return f"{KIND}#{sha256(target_url.encode()).hexdigest()}"
