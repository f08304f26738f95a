"""What a user's export holds, section by section, each row as plain JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pynamodb.attributes import MapAttribute
from pynamodb.pagination import ResultIterator

from chalicelib import clock, db
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.table import ApiKeyItem
from chalicelib.auth.users import UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.dm_templates.table import TemplateItem, TitleItem
from chalicelib.leads.table import LeadItem
from chalicelib.lookups.table import ENRICH, ENRICH_EMAIL, HistoryItem, history_of
from chalicelib.privacy.table import EXPORT, ExportItem
from chalicelib.runs.table import RunItem
from chalicelib.segments.table import SegmentItem
from chalicelib.streams.table import StatsItem, StreamItem
from chalicelib.webhooks.table import FeedbackHeardItem, SubscriptionItem
from chalicelib.workspace import WorkspaceItem

SECTIONS = ("workspace", "keys", "ledger", "lookups", "email-lookups", "runs", "leads")
KINDS = (
    *(AccountItem, ExportItem, SegmentItem, StatsItem, StreamItem),
    *(FeedbackHeardItem, SubscriptionItem, TemplateItem, TitleItem, UserItem),
)
"""The kinds of rows of a workspace: a row can be read once its kind was imported."""
_FINDS = frozenset(
    {
        *("rank", "kind", "key", "entry", "history", "person"),
        *("stream_new", "stream_exported", "stream_matched"),
        *("user_new", "user_exported", "user_matched"),
    }
)
"""By what rows are found; it says nothing that is not said beside it."""


def rows_of(user_id: int, section: str, after: Any, size: int) -> ResultIterator[Any]:
    """The rows of a section behind the key `after`, read `size` at a time."""
    query, *keys = _queries(user_id)[section]
    found: ResultIterator[Any] = query(*keys, last_evaluated_key=after, page_size=size)
    return found


def _queries(user_id: int) -> dict[str, Any]:
    return {
        "workspace": (WorkspaceItem.query, user_id, WorkspaceItem.key < EXPORT),
        "keys": (ApiKeyItem.of_user.query, user_id),
        "ledger": (LedgerItem.query, user_id),
        "lookups": (HistoryItem.query, history_of(user_id, ENRICH)),
        "email-lookups": (HistoryItem.query, history_of(user_id, ENRICH_EMAIL)),
        "runs": (RunItem.of_user.query, user_id),
        "leads": (LeadItem.of_user_everyone.query, user_id),
    }


def workspace_rows(user_id: int) -> list[WorkspaceItem]:
    """All rows of a workspace, of whatever kind."""
    return list(WorkspaceItem.query(user_id, consistent_read=True))


def plain(row: db.Table) -> dict[str, Any]:
    """A row as JSON knows it, without secrets and without what only finds it."""
    shown = {name: value for name, value in row.attribute_values.items() if name not in _FINDS}
    return {"type": type(row).__name__.removesuffix("Item").lower(), **_plain(shown)}


def _plain(value: Any) -> Any:
    match value:
        case MapAttribute():
            return _plain(value.as_dict())
        case datetime():
            return clock.iso(value)
        case dict():
            return {
                str(name): _plain(each)
                for name, each in value.items()
                if each is not None and not _opens_something(str(name))
            }
        case list() | tuple() | set() | frozenset():
            return [_plain(each) for each in value]
        case _:
            return value


def _opens_something(name: str) -> bool:
    """A secret's copy would do harm and tells nothing about anybody."""
    return "secret" in name or name == "digest"
