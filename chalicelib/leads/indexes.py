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


def shelf(name: str, *, key: str) -> _Shelf:
    """The rows that carry `key`, the number of a stream or a user; the others are not on it."""

    class Meta:
        index_name = name
        projection = AllProjection()

    attributes = {"Meta": Meta, key: db.IntegerAttribute(hash_key=True)}
    made: type[_Shelf] = type(name, (_Shelf,), attributes)
    return made()


class WithId(GlobalSecondaryIndex[Any]):
    """A lead by its public id: as much of it as deciding on an export or a verdict takes."""

    class Meta:
        index_name = "by-id"
        projection = IncludeProjection(
            ["kind", "user_id", "account_id", "segment_id", "confidence", "exported_at", "verdicts"]
        )

    lead_id = db.IntegerAttribute(hash_key=True)
