"""/dm-templates: messages to leads, with placeholders."""

from __future__ import annotations

from typing import Annotated

from chalicelib import errors
from chalicelib.auth.caller import Caller
from chalicelib.dm_templates import service
from chalicelib.dm_templates.schemas import (
    TemplateDeleted,
    TemplateFound,
    TemplateList,
    TemplateWrite,
    shown,
)
from chalicelib.http.router import PathId, Router

router = Router()
TemplateId = Annotated[int, PathId(errors.TemplateNotFound)]


@router.get("/dm-templates", auth="bearer")
def list_dm_templates(caller: Caller) -> TemplateList:
    """List message templates, newest first."""
    return TemplateList(templates=[shown(item) for item in service.of_user(caller.user_id)])


@router.post("/dm-templates", status=201, auth="bearer", errors=[errors.TemplateNameTaken])
def create_dm_template(caller: Caller, body: TemplateWrite) -> TemplateFound:
    """Create a message template."""
    return TemplateFound(template=shown(service.create(caller.user_id, body)))


@router.get("/dm-templates/{template_id}", auth="bearer", errors=[errors.TemplateNotFound])
def get_dm_template(caller: Caller, template_id: TemplateId) -> TemplateFound:
    """Get one message template."""
    return TemplateFound(template=shown(service.one(caller.user_id, template_id)))


@router.put(
    "/dm-templates/{template_id}",
    auth="bearer",
    errors=[errors.TemplateNotFound, errors.TemplateNameTaken],
)
def replace_dm_template(
    caller: Caller, template_id: TemplateId, body: TemplateWrite
) -> TemplateFound:
    """Replace the name and the message of a template."""
    return TemplateFound(template=shown(service.replace(caller.user_id, template_id, body)))


@router.delete("/dm-templates/{template_id}", auth="bearer", errors=[errors.TemplateNotFound])
def delete_dm_template(caller: Caller, template_id: TemplateId) -> TemplateDeleted:
    """Delete a message template."""
    service.delete(caller.user_id, template_id)
    return TemplateDeleted(success=True)
