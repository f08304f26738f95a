"""API keys on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.auth.table import ApiKeyItem
from chalicelib.http.schema import Id, Input, Output, Storable, Time


class ApiKeyCreate(Input):
    """A name to know the key by."""

    name: Annotated[str, Field(min_length=1, max_length=100), Storable]


class ApiKeyCreated(Output):
    """A new key. It is shown this once: null when the answer is replayed."""

    id: Id
    name: str
    key: str | None


class ApiKey(Output):
    """A live key, without the key."""

    id: Id
    name: str
    prefix: str
    last4: str
    created_at: Time
    last_used_at: Time | None


class ApiKeyList(Output):
    """Live keys, newest first."""

    api_keys: list[ApiKey]


class ApiKeyRevoked(Output):
    """The key works no more."""

    revoked: bool


def shown(item: ApiKeyItem) -> ApiKey:
    """A key as the list shows it."""
    return ApiKey(
        id=item.key_id,
        name=item.name,
        prefix=item.prefix,
        last4=item.last4,
        created_at=item.created_at,
        last_used_at=item.last_used_at,
    )
