"""Marks that something of v1 came. They outlive what they stand for, so that it comes once."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib import db
from chalicelib.workspace import row_key


class MarkItem(db.Table):
    """Says that a user, or a row that its owner can remove, came from v1: numbers alone.

    Marks stand under the user's number made negative, which nobody has: erasing a user takes all
    that stands under the number itself, and must not take these. The API knows nothing of them.
    """

    class Meta(db.Meta):
        name = "workspace"

    user_id = db.IntegerAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)


def mark_of(kind: str, number: int, user_id: int) -> MarkItem:
    """The unsaved mark of something with this number."""
    return MarkItem(-user_id, row_key(kind, number))


def has_come(mark: MarkItem) -> bool:
    """Whether what the mark stands for was imported before."""
    return MarkItem.find(mark.user_id, mark.key) is not None
