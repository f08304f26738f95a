"""Webhook subscriptions at rest: one row a URL, so that a URL is subscribed once."""

from __future__ import annotations

from datetime import datetime
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
    former_secret = UnicodeAttribute(null=True)
    former_until = UTCDateTimeAttribute(null=True)
    """Until then the secret before the last rotation signs as well."""
    filter = JSONAttribute(default=dict)
    """What a lead must be, in the names of `WebhookFilter`; a row from before v2 may name more."""
    created_at = UTCDateTimeAttribute()
    renewed_at = UTCDateTimeAttribute(null=True)
    """When the URL was subscribed again; what was decided before does not disable it."""
    disabled_at = UTCDateTimeAttribute(null=True)
    """When we gave the address up."""

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """What signs its messages at this instant, the newest first."""
        if self.former_secret and self.former_until and now < self.former_until:
            return self.secret, self.former_secret
        return (self.secret,)

    @staticmethod
    def at(target_url: str) -> str:
        """The range key of a URL's subscription."""
        return f"{KIND}#{sha256(target_url.encode()).hexdigest()}"


class FeedbackHeardItem(WorkspaceItem, discriminator="verdicts-heard"):
    """Says that somebody subscribed to this user's verdicts, now or once.

    Without it a verdict is stored without a message to the deliver queue. It is written before the
    subscription and stays when that ends: a message too many does no harm.
    """

    KEY = "verdicts-heard"
    """Its range key."""
