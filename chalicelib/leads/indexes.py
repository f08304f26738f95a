"""The shelves of leads: what lists are read from, one query a page.

Each shelf stands twice, once a stream and once a user, in the order in which lists show it. The
keys of the sparse ones are set where a lead belongs on them, and absent elsewhere.
"""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection

from chalicelib import db


class _Shelf(GlobalSecondaryIndex[Any]):
    """Rows by rank."""

    rank = UnicodeAttribute(range_key=True)


class StreamNew(_Shelf):
    """Matched and not exported, of a stream."""

    class Meta:
        index_name = "stream-new"
        projection = AllProjection()

    stream_new = db.IntegerAttribute(hash_key=True)


class StreamExported(_Shelf):
    """Exported, of a stream, whether they match now or not."""

    class Meta:
        index_name = "stream-exported"
        projection = AllProjection()

    stream_exported = db.IntegerAttribute(hash_key=True)


class StreamMatched(_Shelf):
    """Matched, of a stream, exported or not."""

    class Meta:
        index_name = "stream-matched"
        projection = AllProjection()

    stream_matched = db.IntegerAttribute(hash_key=True)


class StreamEveryone(_Shelf):
    """All whom runs of a stream judged."""

    class Meta:
        index_name = "stream-everyone"
        projection = AllProjection()

    stream_id = db.IntegerAttribute(hash_key=True)


class UserNew(_Shelf):
    """Matched and not exported, over all streams of a user."""

    class Meta:
        index_name = "user-new"
        projection = AllProjection()

    user_new = db.IntegerAttribute(hash_key=True)


class UserExported(_Shelf):
    """Exported, over all streams of a user."""

    class Meta:
        index_name = "user-exported"
        projection = AllProjection()

    user_exported = db.IntegerAttribute(hash_key=True)


class UserMatched(_Shelf):
    """Matched, over all streams of a user."""

    class Meta:
        index_name = "user-matched"
        projection = AllProjection()

    user_matched = db.IntegerAttribute(hash_key=True)


class UserEveryone(_Shelf):
    """All whom runs judged, over all streams of a user."""

    class Meta:
        index_name = "user-everyone"
        projection = AllProjection()

    user_id = db.IntegerAttribute(hash_key=True)


class WithId(GlobalSecondaryIndex[Any]):
    """A lead by its public id: as much of it as deciding on an export or a verdict takes."""

    class Meta:
        index_name = "by-id"
        projection = IncludeProjection(
            ["kind", "user_id", "account_id", "segment_id", "confidence", "exported_at", "verdicts"]
        )

    lead_id = db.IntegerAttribute(hash_key=True)
