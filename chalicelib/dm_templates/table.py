"""Message templates at rest: a row each, and a row that holds the name so that it is held once."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib import db
from chalicelib.dm_templates.rules import name_digest
from chalicelib.workspace import WorkspaceItem, row_key

KIND = "template"
NAME = "title"


class TemplateItem(WorkspaceItem, discriminator=KIND):
    """A message to a lead, with placeholders."""

    template_id = db.IntegerAttribute()
    name = UnicodeAttribute()
    message_body = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    @staticmethod
    def at(template_id: int) -> str:
        """The range key of a template."""
        return row_key(KIND, template_id)


class TitleItem(WorkspaceItem, discriminator=NAME):
    """A name that one of the user's templates has."""

    template_id = db.IntegerAttribute()

    @staticmethod
    def at(name: str) -> str:
        """The range key of a name, the same however it is capitalised."""
        return f"{NAME}#{name_digest(name)}"
