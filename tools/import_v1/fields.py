"""What the fields of an export may hold: the limits are those of the API of v2."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from chalicelib import clock
from chalicelib.http.schema import Storable
from chalicelib.ids import MAX_ID, USER_BITS

FIRST = datetime(2006, 1, 1, tzinfo=UTC)
"""X began in 2006: nothing in an export is older."""


def _written(given: Any) -> Any:
    if not isinstance(given, str) or not re.match(r"\d{4}-\d\d-\d\d", given, flags=re.ASCII):
        raise ValueError("must be an ISO 8601 time, such as 2025-11-01T09:30:00Z")
    return given


def _utc(given: datetime) -> datetime:
    """v1 wrote UTC, with or without saying so."""
    instant = given.replace(tzinfo=UTC) if given.tzinfo is None else given
    if not FIRST <= instant <= clock.now() + timedelta(days=1):
        raise ValueError("must lie between 2006 and today")
    return instant.astimezone(UTC)


def _no_flag(given: Any) -> Any:
    if isinstance(given, bool):
        raise ValueError("must be a number")
    return given


def _https(given: str) -> str:
    try:
        parts = urlsplit(given)
        is_web = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web or re.search(r"\s", given):
        raise ValueError("must be an https address")
    return given


def _signing(given: str) -> str:
    try:
        key = base64.b64decode(given.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("must be base64 after whsec_; without it a new secret is made")
    return given


_Number = Annotated[int, BeforeValidator(_no_flag)]
Id = Annotated[_Number, Field(gt=0, le=MAX_ID)]
UserId = Annotated[_Number, Field(gt=0, lt=1 << USER_BITS)]
Count = Annotated[_Number, Field(ge=0, lt=10**12)]
Instant = Annotated[datetime, BeforeValidator(_written), AfterValidator(_utc)]
Text = Annotated[str, Storable]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254), Storable]
XUserId = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
Handle = Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_]{1,15}$")]
PersonsHandle = Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_]{1,50}$")]
"""Some of X's first handles are longer than any that can be chosen now."""
SyncTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):(00|15|30|45)$")]
TargetUrl = Annotated[str, Field(max_length=2048), Storable, AfterValidator(_https)]
Secret = Annotated[str, Field(pattern=r"^whsec_"), AfterValidator(_signing)]
