"""What was sent to people, so that it is sent once."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib import db


class NoticeItem(db.Table):
    """One mail or message: who has it in hand, or when it went."""

    class Meta(db.Meta):
        name = "notices"

    user_id = db.IntegerAttribute(hash_key=True)
    notice = UnicodeAttribute(range_key=True)
    """What it is about, such as `sheet#<run>` or `failure#<stream>#<day>`."""
    lease_until = UTCDateTimeAttribute(null=True)
    done_at = UTCDateTimeAttribute(null=True)
    until = UTCDateTimeAttribute(null=True)
    """Of a `last-digest#<rhythm>`: where the next one begins."""
    expires = db.IntegerAttribute()
    """Unix time; DynamoDB drops the row some time after it."""
