"""/lookups/api-keys: the keys that programs call with."""

from __future__ import annotations

from typing import Annotated

from chalicelib import errors
from chalicelib.api_keys import service
from chalicelib.api_keys.schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyList,
    ApiKeyRevoked,
    shown,
)
from chalicelib.auth import users
from chalicelib.auth.caller import Caller
from chalicelib.http.router import PathId, Router

router = Router()
KeyId = Annotated[int, PathId(errors.ApiKeyNotFound)]


@router.get("/lookups/api-keys")
def list_api_keys(caller: Caller) -> ApiKeyList:
    """List the live API keys, newest first; never the keys themselves."""
    return ApiKeyList(api_keys=[shown(item) for item in service.live(caller.user_id)])


@router.post("/lookups/api-keys", status=201, shown_once="key")
def create_api_key(caller: Caller, body: ApiKeyCreate) -> ApiKeyCreated:
    """Create an API key. It is shown this once."""
    key_id, key = users.create_key(caller.user_id, body.name)
    return ApiKeyCreated(id=key_id, name=body.name, key=key)


@router.delete("/lookups/api-keys/{key_id}", errors=[errors.ApiKeyNotFound])
def revoke_api_key(caller: Caller, key_id: KeyId) -> ApiKeyRevoked:
    """Revoke an API key, at once. A key may revoke itself."""
    service.revoke(caller.user_id, key_id)
    return ApiKeyRevoked(revoked=True)
