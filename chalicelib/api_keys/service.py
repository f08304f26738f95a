"""The keys of a user: which live, and ending one."""

from __future__ import annotations

from chalicelib import db
from chalicelib.auth.table import ApiKeyItem
from chalicelib.errors import ApiKeyNotFound


def live(user_id: int) -> list[ApiKeyItem]:
    """The user's keys that were not revoked, newest first."""
    found = ApiKeyItem.of_user.query(user_id, scan_index_forward=False)
    return [item for item in found if not item.is_revoked]


def revoke(user_id: int, key_id: int) -> None:
    """End a key at once. Raises ApiKeyNotFound for one that is unknown, foreign or ended."""
    for item in ApiKeyItem.of_user.query(user_id, ApiKeyItem.key_id == key_id, limit=1):
        try:
            with db.conditional():
                item.update(
                    actions=[ApiKeyItem.is_revoked.set(True)],
                    condition=ApiKeyItem.is_revoked == False,  # noqa: E712
                )
        except db.Conflict:
            raise ApiKeyNotFound from None
        return
    raise ApiKeyNotFound
