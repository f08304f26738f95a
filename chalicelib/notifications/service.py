"""Reading and changing notification settings, which are part of the user's own row."""

from __future__ import annotations

from typing import Any

from chalicelib import db
from chalicelib.auth.users import SELF, UserItem
from chalicelib.errors import InvalidRequest
from chalicelib.follow_up import FollowDigest, promise
from chalicelib.notifications.schemas import NotificationsPatch

_SCHEDULED = frozenset({"email_digest", "timezone"})
"""What the schedule of digests is made from."""
_NO_CHAT = {"field": "telegramChatId", "message": "is required while telegramEnabled is true"}


def of_user(user_id: int) -> UserItem:
    """The row that holds the user's settings."""
    found = UserItem.find(user_id, SELF)
    if found is None:
        raise LookupError("the user has no row")
    return found


def change(user_id: int, body: NotificationsPatch) -> UserItem:
    """Change what the body names, in one write that also checks.

    Raises InvalidRequest where Telegram would be on without a chat.
    """
    given = body.model_dump(include=body.model_fields_set)
    if not given:
        return of_user(user_id)
    if given.get("telegram_enabled") and given.get("telegram_chat_id", "kept") is None:
        raise InvalidRequest(details=[_NO_CHAT])
    if given.keys() & _SCHEDULED:
        promise(FollowDigest(user_id=user_id))
    user = UserItem(user_id, SELF)
    try:
        with db.conditional():
            user.update(
                actions=[db.put(getattr(UserItem, name), value) for name, value in given.items()],
                condition=_keeps_telegram_whole(given),
            )
    except db.Conflict:
        raise InvalidRequest(details=[_NO_CHAT]) from None
    return user


def _keeps_telegram_whole(given: dict[str, Any]) -> Any:
    """What the stored half must be like, when only one half of the Telegram settings is given."""
    if given.get("telegram_enabled") and "telegram_chat_id" not in given:
        return UserItem.telegram_chat_id.exists()
    if given.get("telegram_chat_id", "kept") is None and "telegram_enabled" not in given:
        is_off = UserItem.telegram_enabled == False  # noqa: E712 - builds a DynamoDB expression
        return is_off | UserItem.telegram_enabled.does_not_exist()
    return None
