"""Stripe's events at rest: each is stored once, under its own id, before anything follows."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib import db


class StripeEventItem(db.Table):
    """What an event points at. What it says about the subscription is asked of Stripe anew."""

    class Meta(db.Meta):
        name = "stripe-events"

    event_id = UnicodeAttribute(hash_key=True)
    type = UnicodeAttribute()
    created = db.IntegerAttribute()
    """When Stripe made it, in seconds since 1970."""
    user_id = db.IntegerAttribute(null=True)
    customer_id = UnicodeAttribute(null=True)
    subscription_id = UnicodeAttribute(null=True)
    received_at = UTCDateTimeAttribute()
    is_settled = BooleanAttribute(default=False)
