"""What the wire carries: snake_case inside, camelCase outside, strict on the way in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from chalicelib import clock
from chalicelib.ids import MAX_ID


class Input(BaseModel):
    """A body or a query: unknown fields are refused, types are never coerced.

    Validators are built on first use: a cold start pays for those of one endpoint, not of all.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        extra="forbid",
        strict=True,
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
    )


class Output(BaseModel):
    """An answer. Fields that were never set stay out of it; None is shown as null.

    One that cannot be made is logged, without what it was to be made of.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=False,
        validate_by_name=True,
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
    )


def absent() -> Any:
    """The default of a field that may be left out but not be null; it reads as None then."""
    return Field(default=None)


def exactly_one(*groups: tuple[str, str]) -> dict[str, Any]:
    """`json_schema_extra` of a model that wants one field of each group (wire names)."""
    return {"allOf": [{"oneOf": [{"required": [name]} for name in group]} for group in groups]}


class Empty(Input):
    """The body of a route that takes none: nothing, or `{}`."""


Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Time = Annotated[
    datetime,
    PlainSerializer(clock.iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant in an answer: ISO 8601 UTC, whole seconds, Z."""


def named(names: Any) -> WithJsonSchema:
    """Marks text of an answer that is one of a Literal's names.

    The document says so; a stored one that is none of them is shown as it stands all the same.
    """
    return WithJsonSchema({"type": "string", "enum": list(get_args(names))})


def _flag(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value)


def _number(value: Any) -> Any:
    digits = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,16}", value)
    return int(value) if digits else value


_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", flags=re.ASCII
)


def _instant(value: Any) -> Any:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("must be an ISO 8601 time with a zone, such as 2026-07-05T06:15:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no time that exists") from None


QueryFlag = Annotated[bool, BeforeValidator(_flag)]
"""`true` or `false` in a query, nothing else."""
QueryNumber = Annotated[int, BeforeValidator(_number)]
"""Decimal digits in a query."""
QueryId = Annotated[Id, BeforeValidator(_number)]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""An instant on the way in: ISO 8601 with Z or a numeric offset, fractions allowed."""


def _no_nul(value: str) -> str:
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value) or "\x00" in value:
        raise ValueError("must not contain NUL or lone surrogates")
    return value


Storable = AfterValidator(_no_nul)
"""Marks text that will be stored: no NUL character, no half of a surrogate pair."""


def _mailable(value: str) -> str:
    # Imported when the first address comes: most calls bring none.
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(value, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as refusal:
        raise ValueError(f"is no e-mail address: {refusal}") from None
    return str(found.ascii_email)


MailAddress = Annotated[
    str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(_mailable)
]
"""A bare address as SES takes it: in ASCII, the domain as DNS spells it."""


def faults(error: ValidationError) -> list[dict[str, str]]:
    """Every fault of a body or a query, as `details` lists them: `pairs[3].segmentId`."""
    return [
        {"field": _field(each["loc"], each.get("ctx", {})), "message": _message(each)}
        for each in error.errors(include_url=False, include_input=False)
    ]


def _field(location: tuple[int | str, ...], context: dict[str, Any]) -> str:
    blamed = (context["field"],) if "field" in context else ()
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in (*location, *blamed)]
    return "".join(parts).removeprefix(".") or "body"


_MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "int_type": "must be an integer",
    "list_type": "must be an array",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def _message(each: Any) -> str:
    words = _MESSAGES.get(each["type"]) or str(each["msg"]).removeprefix("Value error, ")
    return re.sub("^(Input|String|List|Value) should", "must", words)
