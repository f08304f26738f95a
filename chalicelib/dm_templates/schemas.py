"""Message templates on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.dm_templates.rules import PLACEHOLDERS, unknown_placeholders
from chalicelib.dm_templates.table import TemplateItem
from chalicelib.http.schema import Id, Input, Output, Storable, Time


def _known_placeholders(message: str) -> str:
    unknown = unknown_placeholders(message)
    if unknown:
        known = ", ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
        raise ValueError(f"must not contain {', '.join(unknown)}; there are {known}")
    return message


class TemplateWrite(Input):
    """A template as given: `{{firstName}}` and its like are filled in from the lead's profile."""

    name: Annotated[str, Field(min_length=1, max_length=100), Storable]
    message_body: Annotated[
        str, Field(min_length=1, max_length=2000), Storable, AfterValidator(_known_placeholders)
    ]


class Template(Output):
    """A message to a lead, with placeholders."""

    id: Id
    name: str
    message_body: str
    created_at: Time
    updated_at: Time


class TemplateFound(Output):
    """One template."""

    template: Template


class TemplateList(Output):
    """All templates, newest first."""

    templates: list[Template]


class TemplateDeleted(Output):
    """The template is gone."""

    success: bool


def shown(item: TemplateItem) -> Template:
    """A stored template as the wire shows it."""
    return Template(
        id=item.template_id,
        name=item.name,
        message_body=item.message_body,
        created_at=item.created_at,
        updated_at=item.updated_at,
    )
