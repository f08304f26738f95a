"""Opaque list cursors: signed, and bound to the filters of the list that made them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from chalicelib.errors import CursorMismatch, InvalidRequest
from chalicelib.settings import settings


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings().cursor_secret, salt="list-cursor", signer_kwargs={"digest_method": sha256}
    )


def _fingerprint(filters: dict[str, Any]) -> str:
    text = json.dumps(filters, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]


def encode(position: Any, filters: dict[str, Any]) -> str:
    """A cursor that stands at `position` (plain JSON) of the list with these filters."""
    return str(_signer().dumps([_fingerprint(filters), position]))


def decode(cursor: str, filters: dict[str, Any]) -> Any:
    """The position of a cursor.

    Raises InvalidRequest when it is forged or unreadable, CursorMismatch when the filters differ.
    """
    try:
        fingerprint, position = _signer().loads(cursor)
    except (BadData, ValueError, TypeError):
        detail = {"field": "cursor", "message": "is not a cursor of this API"}
        raise InvalidRequest(details=[detail]) from None
    if fingerprint != _fingerprint(filters):
        raise CursorMismatch
    return position
