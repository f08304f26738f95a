"""Sending again what was sent, and sending something to see whether it arrives."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from chalicelib import clock, queues
from chalicelib.delivery.jobs import TRIAL, ReplayFailed, SendWebhook
from chalicelib.delivery.messages import Subject, TrialMessage
from chalicelib.delivery.posting import Said, message_id, post, stamp
from chalicelib.delivery.receivers import Receiver, key_of
from chalicelib.delivery.table import FAILED, LAST_MESSAGE, MessageItem
from chalicelib.errors import WebhookMessageNotFound
from chalicelib.ids import new_id
from chalicelib.webhooks.schemas import Replay
from chalicelib.webhooks.table import KIND as WEBHOOK

_AT_ONCE: Final = 200
"""Messages that one job sends again before it hands on."""


def replay(to: Receiver, wanted: Replay) -> None:
    """Send again one message, or all that failed since a time. Raises WebhookMessageNotFound."""
    if wanted.since is not None:
        after = stamp(wanted.since)
        queues.send([ReplayFailed(**_address(to), after=after)])
        return
    message = MessageItem.find(to.key, wanted.message_id)
    if message is None:
        raise WebhookMessageNotFound
    queues.send([SendWebhook(**_address(to), **_again(message))])


def replay_failed(job: ReplayFailed) -> None:
    """Send again what failed behind an id. May be repeated: what was sent again is not, twice."""
    address = job.model_dump(include={"user_id", "row_key", "receiver_id"})
    rows = MessageItem.query(
        key_of(job.user_id, job.row_key, job.receiver_id),
        MessageItem.message_id.between(job.after, LAST_MESSAGE),
        filter_condition=MessageItem.status == FAILED,
        consistent_read=True,
    )
    failed = list(islice(rows, _AT_ONCE))
    queues.send([SendWebhook(**address, **_again(message)) for message in failed])
    if len(failed) == _AT_ONCE:
        queues.send([job.model_copy(update={"after": f"{failed[-1].message_id}~"})])


def try_out(to: Receiver) -> str:
    """Send a `webhook.test`; returns its id."""
    now = clock.now()
    named = "subscription_id" if to.kind == WEBHOOK else "stream_id"
    said = Said(
        body_id=f"test#{new_id():016d}",
        event=TRIAL,
        at=now,
        message=TrialMessage(
            type=TRIAL, timestamp=now, data=Subject.model_validate({named: to.receiver_id})
        ),
    )
    post(to.user_id, [(to, [said])])
    return message_id(to.key, said.body_id, now)


def _address(to: Receiver) -> dict[str, Any]:
    return {"user_id": to.user_id, "row_key": to.row_key, "receiver_id": to.receiver_id}


def _again(message: MessageItem) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "body_id": message.body_id,
        "event": message.event,
        "created_at": message.created_at,
        "attempt": message.attempt,
        "due": clock.now(),
        "replays": True,
    }
