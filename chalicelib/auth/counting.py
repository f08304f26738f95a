"""Counting a caller's requests in the very write that admits it: one row, one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib import db

_T = TypeVar("_T", bound=db.Table)

_SLOTS = 12
"""Counters of a row, one a minute in turn; each request clears all but its own."""


def admit(
    table: type[_T], digest: str, now: datetime, *, alive: Condition, notes: Sequence[Action] = ()
) -> tuple[_T, int] | None:
    """Count a request if the row is there and `alive`, and write `notes`: one round trip.

    Returns the row as it was and its requests in this minute, this one included; None for a dead
    row. A counter that was last used a multiple of 12 minutes ago still holds its old count; that
    is seen in the answer and mended with a second write.
    """
    minute, newest = int(now.timestamp() // 60), Path("minute")
    slots = [Path(f"requests_{number}") for number in range(_SLOTS)]
    own = slots.pop(minute % _SLOTS)
    connection = table._get_connection()
    try:
        old = connection.update_item(
            digest,
            actions=[own.add(1), newest.set(minute), *notes, *(slot.remove() for slot in slots)],
            condition=Path("digest").exists() & alive,
            return_values="ALL_OLD",
        )["Attributes"]
    except UpdateError as fault:
        if fault.cause_response_code == "ConditionalCheckFailedException":
            return None
        raise
    counted = int(old.get(own.path[0], {"N": "0"})["N"])
    if counted and int(old["minute"]["N"]) != minute:
        connection.update_item(digest, actions=[own.set(1)], condition=newest == minute)
        counted = 0
    return table.from_raw_data(old), counted + 1
