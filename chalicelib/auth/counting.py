"""Counting a caller's requests in the very write that admits it: one row, one round trip.

The write is spelled out for the client: every request begins with it, and having PynamoDB put it
together and read the row into a model took a sixth of a request's CPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import db

_SLOTS = 12
"""Counters of a row, one a minute in turn; each request clears all but its own."""

Values = Mapping[str, dict[str, Any]]
"""What stands for the `:names` of an expression, as DynamoDB takes it."""


def admit(
    table: type[db.Table], digest: str, now: datetime, *, alive: str, note: str = "", values: Values
) -> tuple[int, int] | None:
    """Count a request if the row is there and `alive`, and set `note`: one round trip.

    Returns whose row it is and its requests in this minute, this one included; None for a dead
    row. A counter that was last used a multiple of 12 minutes ago still holds its old count; that
    is seen in the answer and mended with a second write.
    """
    minute = int(now.timestamp() // 60)
    own = f"requests_{minute % _SLOTS}"
    given = {":minute": {"N": str(minute)}, ":one": {"N": "1"}}
    row = {
        "TableName": table.Meta.table_name,
        "Key": {"digest": {"S": digest}},
        "ExpressionAttributeNames": {"#minute": "minute"},
    }
    client = db.connection().client
    try:
        old = client.update_item(
            **row,
            UpdateExpression=_counting(own, note),
            ConditionExpression=f"attribute_exists(digest) AND {alive}",
            ExpressionAttributeValues={**given, **values},
            ReturnValues="ALL_OLD",
        )["Attributes"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise
    counted = int(old.get(own, {"N": "0"})["N"])
    if counted and int(old["minute"]["N"]) != minute:
        client.update_item(
            **row,
            UpdateExpression=f"SET {own} = :one",
            ConditionExpression="#minute = :minute",
            ExpressionAttributeValues=given,
        )
        counted = 0
    return int(old["user_id"]["N"]), counted + 1


@cache
def _counting(own: str, note: str) -> str:
    others = [name for number in range(_SLOTS) if (name := f"requests_{number}") != own]
    return f"SET #minute = :minute{note} ADD {own} :one REMOVE {', '.join(others)}"
