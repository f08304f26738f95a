"""A world file: JSON lines, one person each. All faults of a file are told at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeInt, ValidationError
from pydantic.alias_generators import to_camel

MOST_FAULTS = 10
"""That one message lists."""


def _iso(text: str) -> str:
    if text:
        datetime.fromisoformat(text)
    return text


Moment = Annotated[str, AfterValidator(_iso)]
"""ISO 8601."""


class Row(BaseModel):
    """What the values of a line may be; a key that is missing or null says nothing."""

    model_config = ConfigDict(strict=True, alias_generator=to_camel)

    id: str | int | None = None
    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    location: str | None = None
    url: str | None = None
    image: str | None = None
    followers: NonNegativeInt | None = None
    following: NonNegativeInt | None = None
    tweets: NonNegativeInt | None = None
    listed: NonNegativeInt | None = None
    likes: NonNegativeInt | None = None
    created_at: Moment | None = None
    as_of: Moment | None = None
    verified: bool | None = None
    blue_verified: bool | None = None
    verified_type: str | None = None
    default_avatar: bool | None = None
    protected: bool | None = None
    suspended: bool | None = None
    follows: list[str] | None = None


class WorldInvalid(ValueError):
    """A world that cannot be; the message has a line for each fault, the first ten of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        listed = list(faults[:MOST_FAULTS])
        if len(faults) > len(listed):
            listed.append(f"and {len(faults) - len(listed)} more faults")
        super().__init__("\n".join(listed))


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a file, empty lines passed over. Raises WorldInvalid naming lines and keys."""
    rows: list[dict[str, Any]] = []
    faults: list[str] = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise WorldInvalid([f"{path}: {error.strerror}"]) from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(_row(line))
            except ValueError as fault:
                faults.append(f"{path}, line {number}: {fault}")
            except RecursionError:
                faults.append(f"{path}, line {number}: nested too deep")
    if not rows and not faults:
        faults.append(f"{path}: nobody is in it")
    if faults:
        raise WorldInvalid(faults)
    return rows


def _row(line: bytes) -> dict[str, Any]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("not an object")
    try:
        Row.model_validate(row)
    except ValidationError as error:
        faults = [f"{each['loc'][0]}: {each['msg']}" for each in error.errors()]
        raise ValueError("; ".join(faults)) from error
    return row
