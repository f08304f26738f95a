"""Who was erased and must not be found again: a keyed hash of each person, a user apart.

Nobody can tell from a hash whom it stands for; who has the person's id can tell that it is there.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

from pynamodb.attributes import UnicodeAttribute

from chalicelib import db
from chalicelib.settings import settings


class SuppressedItem(db.Table):
    """One person who was erased from a user's workspace."""

    class Meta(db.Meta):
        name = "suppressed"

    user_id = db.IntegerAttribute(hash_key=True)
    digest = UnicodeAttribute(range_key=True)


def row_of(user_id: int, x_user_id: str) -> SuppressedItem:
    """The unsaved row of a person."""
    return SuppressedItem(user_id, _digest(user_id, x_user_id))


def among(user_id: int, x_user_ids: Iterable[str]) -> set[str]:
    """Those of these people who were erased. One round trip for up to some 10,000 erased ones."""
    erased = {row.digest for row in SuppressedItem.query(user_id, consistent_read=True)}
    if not erased:
        return set()
    return {each for each in x_user_ids if _digest(user_id, each) in erased}


def _digest(user_id: int, x_user_id: str) -> str:
    key, text = settings().privacy_secret.encode(), f"{user_id}:{x_user_id}"
    found = hmac.digest(key, text.encode(), "sha256")
    return base64.urlsafe_b64encode(found).decode().rstrip("=")
