"""Delivering one message to one receiver: look, take it in hand, call, write down what came of it.

Three round trips for a message that arrives. A message is in one worker's hand at a time, and what
it says never changes; so a repeat sends nothing to a receiver whose answer was written down.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from chalicelib import clock, db, telemetry
from chalicelib.delivery import rules
from chalicelib.delivery.attempts import GONE, Attempt, call
from chalicelib.delivery.edges import Edges
from chalicelib.delivery.health import Health, watched
from chalicelib.delivery.jobs import TRIAL, GiveUp, SendWebhook
from chalicelib.delivery.receivers import Receiver, as_receiver, key_of
from chalicelib.delivery.table import (
    DELIVERED,
    FAILED,
    HEALTH,
    PENDING,
    BodyItem,
    HealthItem,
    MessageItem,
    expiry,
)
from chalicelib.streams.table import StreamItem
from chalicelib.webhooks.table import KIND as WEBHOOK
from chalicelib.webhooks.table import SubscriptionItem
from chalicelib.workspace import WorkspaceItem

LEASE: Final = timedelta(seconds=40)
"""Longer than an attempt takes with all that is around it."""
MOST_ATTEMPTS: Final = 40
"""Attempts that a message remembers; only replays make more."""


def send(job: SendWebhook, edges: Edges) -> None:
    """Try a message, unless it is not due, in other hands, or over. May be repeated."""
    now, key = clock.now(), key_of(job.user_id, job.row_key, job.receiver_id)
    if now < job.due:
        edges.later(job, job.due - now)
        return
    row, health, body = db.find_together(
        (_kind_of_row(job.row_key), job.user_id, job.row_key),
        (HealthItem, key, HEALTH),
        (BodyItem, BodyItem.of(job.user_id), job.body_id),
    )
    receiver = as_receiver(row, job.receiver_id, now)
    if receiver is None or body is None:
        _drop(job, key, is_wanted_again=body is not None and _is_of(row, job))
        return
    known = Health.of(receiver, health)
    pause = known.pause(now, rules.spread(job.message_id, key, job.attempt))
    if pause and job.event != TRIAL:
        edges.later(job, pause)
        return
    message = _taken(job, key, now)
    if message is None:
        _after_another(job, key, edges, now)
        return
    with watched(receiver) as is_slow:
        content = zlib.decompress(body.content)
        attempt = call(edges.web, receiver.url, job.message_id, content, secrets=receiver.secrets)
    if attempt.is_delivered:
        _write_down(message, attempt, DELIVERED, clears=health is not None or is_slow.is_set())
        telemetry.count("WebhooksDelivered", 1)
    else:
        _failed(job, known, message, attempt, edges)


def _kind_of_row(row_key: str) -> type[SubscriptionItem] | type[StreamItem]:
    return SubscriptionItem if row_key.startswith(f"{WEBHOOK}#") else StreamItem


def _taken(job: SendWebhook, key: str, now: datetime) -> MessageItem | None:
    """The message, in our hand; None while another has it or when this attempt was made."""
    message = MessageItem(key, job.message_id)
    is_free = MessageItem.leased_until.does_not_exist() | (MessageItem.leased_until < now)
    is_wanted: Any = MessageItem.status == PENDING
    if job.replays:
        is_wanted = MessageItem.status.is_in(PENDING, DELIVERED, FAILED)
    is_next = (MessageItem.attempt == job.attempt) & is_wanted & is_free
    if job.attempt == 0:
        is_next = MessageItem.message_id.does_not_exist() | is_next
    try:
        with db.conditional():
            message.update(
                actions=[
                    *_told(job),
                    MessageItem.status.set(PENDING),
                    MessageItem.attempt.set(job.attempt),
                    MessageItem.began_with.set(
                        job.attempt if job.replays else (MessageItem.began_with | 0)
                    ),
                    MessageItem.due.set(job.due),
                    MessageItem.leased_until.set(now + LEASE),
                ],
                condition=is_next,
            )
    except db.Conflict:
        return None
    return message


def _after_another(job: SendWebhook, key: str, edges: Edges, now: datetime) -> None:
    """See to it that the message goes on, whatever became of the worker that had it."""
    message = MessageItem.find(key, job.message_id)
    if message is None or message.status != PENDING or message.attempt < job.attempt:
        return
    if message.leased_until is not None and now <= message.leased_until:
        edges.later(job, message.leased_until - now + timedelta(seconds=1))
    elif message.attempt > job.attempt:
        edges.later(_next(job, message), max(message.due - now, timedelta()))


def _next(job: SendWebhook, message: MessageItem) -> SendWebhook:
    onward = {"attempt": message.attempt, "due": message.due, "replays": False}
    return job.model_copy(update=onward)


def _failed(
    job: SendWebhook, known: Health, message: MessageItem, attempt: Attempt, edges: Edges
) -> None:
    now = clock.now()
    health = known.after_failure(now)
    since = health.failing_since or now
    is_gone = attempt.status == GONE
    is_over = is_gone or rules.is_hopeless(now - since)
    pause = rules.next_pause(
        job.attempt + 1 - message.began_with,
        rules.spread(job.message_id, known.receiver.key, job.attempt),
        asked=attempt.asked,
    )
    due = None if is_over or pause is None else now + pause
    if is_over:  # first: once it is written down, nobody comes back to see to it
        reason: Literal["gone", "failing"] = "gone" if is_gone else "failing"
        edges.later(_give_up(job, known.receiver, now, reason), timedelta())
    status = FAILED if due is None else PENDING
    if _write_down(message, attempt, status, due=due, health=health) and due is not None:
        edges.later(_next(job, message), due - now)
    telemetry.count("WebhooksFailed", 1)


def _give_up(
    job: SendWebhook, receiver: Receiver, now: datetime, reason: Literal["gone", "failing"]
) -> GiveUp:
    return GiveUp(
        user_id=job.user_id,
        row_key=job.row_key,
        receiver_id=job.receiver_id,
        url=receiver.url,
        at=now,
        reason=reason,
    )


def _write_down(
    message: MessageItem,
    attempt: Attempt,
    status: str,
    *,
    due: datetime | None = None,
    health: HealthItem | None = None,
    clears: bool = False,
) -> bool:
    """Keep how the attempt went, with the receiver's health. False where it is too late for that.

    It is when the lease was over before the attempt was, and another worker made it again.
    """
    number, lease = message.attempt, message.leased_until
    message.attempt, message.due = number + 1, due or message.due
    actions: list[Any] = [
        MessageItem.status.set(status),
        MessageItem.attempt.set(message.attempt),
        MessageItem.due.set(message.due),
        MessageItem.attempts.set([*message.attempts, attempt.stored()][-MOST_ATTEMPTS:]),
        MessageItem.leased_until.remove(),
    ]
    is_ours = (MessageItem.attempt == number) & (MessageItem.leased_until == lease)
    row = MessageItem(message.receiver, message.message_id)
    try:
        if health is None and not clears:
            with db.conditional():
                row.update(actions=actions, condition=is_ours)
            return True
        with db.transaction() as write:
            write.update(row, actions=actions, condition=is_ours)
            if health is not None:
                write.save(health)
            else:
                write.delete(HealthItem(message.receiver, HEALTH))
    except db.Conflict:
        return False
    return True


def _is_of(row: WorkspaceItem | None, job: SendWebhook) -> bool:
    """Whether the receiver is still there, if only switched off."""
    if isinstance(row, SubscriptionItem):
        return row.subscription_id == job.receiver_id
    return row is not None


def _drop(job: SendWebhook, key: str, *, is_wanted_again: bool) -> None:
    """The receiver wants no more messages, or what this one said has expired.

    A message to one that may be switched on again has failed even if it was never tried, so that
    it can be seen and replayed.
    """
    is_open: Any = MessageItem.status == PENDING
    if is_wanted_again:
        is_open |= MessageItem.message_id.does_not_exist()
    try:
        with db.conditional():
            MessageItem(key, job.message_id).update(
                actions=[
                    *_told(job),
                    MessageItem.status.set(FAILED),
                    MessageItem.attempt.set(MessageItem.attempt | job.attempt),
                    MessageItem.began_with.set(MessageItem.began_with | job.attempt),
                    MessageItem.due.set(MessageItem.due | job.due),
                    MessageItem.leased_until.remove(),
                ],
                condition=is_open,
            )
    except db.Conflict:
        return


def _told(job: SendWebhook) -> list[Any]:
    """What a message's row says of it from the first try on, whoever writes it."""
    return [
        MessageItem.kind.set(MessageItem),
        MessageItem.body_id.set(job.body_id),
        MessageItem.event.set(job.event),
        MessageItem.created_at.set(job.created_at),
        MessageItem.attempts.set(MessageItem.attempts | []),
        MessageItem.expires.set(expiry(job.created_at)),
    ]
