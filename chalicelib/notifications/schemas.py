"""Notification settings on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chalicelib.auth.users import UserItem
from chalicelib.http.schema import Input, Output, Storable, absent
from chalicelib.scheduling.rules import is_timezone

Digest = Literal["after_every_sync", "daily", "weekly", "off"]


def _zone(name: str) -> str:
    if not is_timezone(name):
        raise ValueError("must be an IANA time zone, such as Europe/Lisbon")
    return name


Timezone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]


class NotificationsPatch(Input):
    """The settings to change; those left out stay."""

    email_digest: Digest = absent()
    telegram_enabled: bool = absent()
    telegram_chat_id: Annotated[str, Field(min_length=1, max_length=64), Storable] | None = None
    low_credit_alerts: bool = absent()
    run_failure_alerts: bool = absent()
    timezone: Timezone = absent()


class Notifications(Output):
    """When and where the team hears of leads and of trouble."""

    email_digest: Digest
    telegram_enabled: bool
    telegram_chat_id: str | None
    low_credit_alerts: bool
    run_failure_alerts: bool
    timezone: str


def shown(user: UserItem) -> Notifications:
    """The settings that a user's row holds, as the wire shows them."""
    return Notifications.model_validate(
        {name: getattr(user, name) for name in Notifications.model_fields}
    )
