"""Writing messages down and putting them on the queue, one for each receiver and batch."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import zip_longest

from pydantic import BaseModel

from chalicelib import db, queues
from chalicelib.delivery.jobs import SendWebhook
from chalicelib.delivery.receivers import Receiver
from chalicelib.delivery.table import BodyItem, expiry

_BODIES_AT_ONCE = 25
"""Of at most some 100 KB each; a transaction may have 4 MB."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message, whoever receives it."""

    body_id: str
    """Derived from the occasion: who says it again says it under the same id."""
    event: str
    at: datetime
    message: BaseModel

    def content(self) -> bytes:
        """What goes over the wire."""
        return self.message.model_dump_json(by_alias=True, exclude_unset=True).encode()


def post(user_id: int, to: Sequence[tuple[Receiver, Sequence[Said]]]) -> None:
    """Have everybody sent what is meant for them. May be repeated: what was said first stands."""
    said = {each.body_id: each for _, all_said in to for each in all_said}
    _keep(user_id, list(said.values()))
    queues.send([job for round_ in zip_longest(*map(_jobs, to)) for job in round_ if job])


def _jobs(to: tuple[Receiver, Sequence[Said]]) -> Iterator[SendWebhook]:
    receiver, said = to
    for each in said:
        yield job_of(receiver, each)


def job_of(receiver: Receiver, said: Said) -> SendWebhook:
    """The first attempt to tell a receiver something."""
    return SendWebhook(
        user_id=receiver.user_id,
        row_key=receiver.row_key,
        receiver_id=receiver.receiver_id,
        message_id=message_id(receiver.key, said.body_id, said.at),
        body_id=said.body_id,
        event=said.event,
        created_at=said.at,
        due=said.at,
    )


def message_id(receiver: str, body_id: str, at: datetime) -> str:
    """The `webhook-id`: sorts by time, and is the same whenever the same is said to the same."""
    digest = sha256(f"{receiver}/{body_id}".encode()).hexdigest()
    return f"{stamp(at)}{digest[:24]}"


def stamp(at: datetime) -> str:
    """How ids of messages of this second begin."""
    return f"msg_{int(at.timestamp()):09x}"


def digest_of(value: object) -> str:
    """Tells plain values apart in ids."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _keep(user_id: int, said: Sequence[Said]) -> None:
    for start in range(0, len(said), _BODIES_AT_ONCE):
        chunk = [_row(user_id, each) for each in said[start : start + _BODIES_AT_ONCE]]
        try:
            with db.transaction() as write:
                for row in chunk:
                    write.save(row, condition=BodyItem.message_id.does_not_exist())
        except db.Conflict:  # said before, wholly or in part
            _keep_missing(chunk)


def _keep_missing(bodies: Iterable[BodyItem]) -> None:
    for body in bodies:
        try:
            with db.conditional():
                body.save(condition=BodyItem.message_id.does_not_exist())
        except db.Conflict:
            continue


def _row(user_id: int, said: Said) -> BodyItem:
    return BodyItem(
        BodyItem.of(user_id),
        said.body_id,
        event=said.event,
        content=zlib.compress(said.content()),
        expires=expiry(said.at),
    )
