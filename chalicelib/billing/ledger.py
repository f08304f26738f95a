"""The ledger of credits at rest: what was granted and what was spent. Entries never change."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib import db


class LedgerItem(db.Table):
    """One movement of a team's credits, under an id that says what moved them."""

    class Meta(db.Meta):
        name = "ledger"

    user_id = db.IntegerAttribute(hash_key=True)
    entry = UnicodeAttribute(range_key=True)
    """`grant#<what it was granted for>` or `spend#<the hold that it settles>`."""
    amount = db.IntegerAttribute()
    """Credits: more than zero when granted, less when spent."""
    made_at = UTCDateTimeAttribute()
