"""What was found of people, per team; and who asked to be left out, which holds for every team."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, JSONAttribute, UnicodeAttribute

from chalicelib import db

EVERYBODY = 0
"""Stands in the place of a user for what holds whoever asks."""


class ContactItem(db.Table):
    """The contacts of one person on X that one team paid for.

    A person's rows stand together, so that everything about one person can be removed at once.
    """

    class Meta(db.Meta):
        name = "contacts"

    x_user_id = UnicodeAttribute(hash_key=True)
    user_id = db.IntegerAttribute(range_key=True)
    version = db.IntegerAttribute(default=0)
    linkedin = JSONAttribute(null=True)
    """`{"url", "confidence", "provider", "at"}`; `at` in seconds since 1970, as below."""
    email = JSONAttribute(null=True)
    """`{"address", "status", "provider", "at"}`."""
    is_claimed = BooleanAttribute(default=False)
    """The person asked that their e-mail be neither looked up nor stored."""
