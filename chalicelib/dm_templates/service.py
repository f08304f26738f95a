"""Keeping message templates. A template and the hold on its name are written together."""

from __future__ import annotations

from chalicelib import clock, db, ids
from chalicelib.dm_templates.schemas import TemplateWrite
from chalicelib.dm_templates.table import KIND, TemplateItem, TitleItem
from chalicelib.errors import TemplateNameTaken, TemplateNotFound
from chalicelib.workspace import WorkspaceItem, rows


def of_user(user_id: int) -> list[TemplateItem]:
    """The user's templates, newest first."""
    found = [row for row in rows(user_id, KIND, KIND) if isinstance(row, TemplateItem)]
    return found[::-1]


def one(user_id: int, template_id: int) -> TemplateItem:
    """A template of the user. Raises TemplateNotFound."""
    found = TemplateItem.find(user_id, TemplateItem.at(template_id))
    if found is None:
        raise TemplateNotFound
    return found


def create(user_id: int, body: TemplateWrite) -> TemplateItem:
    """Make a template. Raises TemplateNameTaken."""
    template_id, now = ids.new_id(), clock.now()
    item = TemplateItem(
        user_id,
        TemplateItem.at(template_id),
        template_id=template_id,
        name=body.name,
        message_body=body.message_body,
        created_at=now,
        updated_at=now,
    )
    try:
        with db.transaction() as write:
            write.save(item)
            _hold_name(write, user_id, body.name, template_id)
    except db.Conflict:
        raise TemplateNameTaken from None
    return item


@db.retried_on_conflict
def replace(user_id: int, template_id: int, body: TemplateWrite) -> TemplateItem:
    """Replace name and message. Raises TemplateNotFound or TemplateNameTaken."""
    item = _renameable(user_id, template_id, body.name)
    old_name = item.name
    item.name, item.message_body, item.updated_at = body.name, body.message_body, clock.now()
    with db.transaction() as write:
        write.save(item, condition=TemplateItem.name == old_name)
        if TitleItem.at(old_name) != TitleItem.at(body.name):
            write.delete(TitleItem(user_id, TitleItem.at(old_name)))
            _hold_name(write, user_id, body.name, template_id)
    return item


def _renameable(user_id: int, template_id: int, name: str) -> TemplateItem:
    """The template, if nobody else has the name. One read."""
    keys = TemplateItem.at(template_id), TitleItem.at(name)
    found = {row.key: row for row in WorkspaceItem.find_all((user_id, key) for key in keys)}
    item, title = (found.get(key) for key in keys)
    if not isinstance(item, TemplateItem):
        raise TemplateNotFound
    if isinstance(title, TitleItem) and title.template_id != template_id:
        raise TemplateNameTaken
    return item


@db.retried_on_conflict
def delete(user_id: int, template_id: int) -> None:
    """Remove a template and free its name. Raises TemplateNotFound."""
    item = one(user_id, template_id)
    with db.transaction() as write:
        write.delete(item, condition=TemplateItem.name == item.name)
        write.delete(TitleItem(user_id, TitleItem.at(item.name)))


def _hold_name(write: db.Write, user_id: int, name: str, template_id: int) -> None:
    write.save(
        TitleItem(user_id, TitleItem.at(name), template_id=template_id),
        condition=TitleItem.key.does_not_exist(),
    )
