"""A user's export at rest: one row in the workspace, the newest one only."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib import db
from chalicelib.workspace import WorkspaceItem

EXPORT = "~export"
"""Sorts behind everything that lists read."""
PENDING, READY = "pending", "ready"


class ExportItem(WorkspaceItem, discriminator="export"):
    """How far an export has come."""

    export_id = db.IntegerAttribute()
    status = UnicodeAttribute(default=PENDING)
    requested_at = UTCDateTimeAttribute()
    ready_at = UTCDateTimeAttribute(null=True)
    part = db.IntegerAttribute(default=0)
    """The number of the part that is written next."""
    section = db.IntegerAttribute(default=0)
    after = JSONAttribute(null=True)
    """Where in its section the next part begins."""
    files = JSONAttribute(default=list)
    """Keys of the parts, in order."""
