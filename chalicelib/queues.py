"""Jobs on SQS: a job is a frozen model, a queue carries one kind, a message is one unit of work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from chalicelib import aws
from chalicelib.settings import settings

MOST_DELIVERIES = 5
"""After so many a message goes to its dead-letter queue; infra/resources.yaml says the same."""
LONGEST_DELAY = 900
"""Seconds that SQS keeps a message back at most."""
_BATCH = 10
"""Messages in one SendMessageBatch."""


class Job(BaseModel):
    """What a message carries. Subclasses name the queue.

    One that has a `user_id` waits in that user's group: SQS lets a user with a long backlog in a
    queue wait for the others, not the others for that user (SQS fair queues).
    """

    # A fault is logged, and what a message carries is nobody's business there.
    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True
    )
    queue: ClassVar[str]


class SendFailed(Exception):
    """SQS took only some of the messages."""


@cache
def queue_url(name: str) -> str:
    """The URL of one of our queues, asked once per process."""
    answer = aws.client("sqs").get_queue_url(QueueName=settings().resource(name))
    return str(answer["QueueUrl"])


def send(jobs: Sequence[Job], *, delay_seconds: int = 0) -> None:
    """Put jobs on their queue, ten a round trip. All are for one queue. Raises SendFailed."""
    send_each([(job, delay_seconds) for job in jobs])


def send_each(timed: Sequence[tuple[Job, int]]) -> None:
    """Put jobs on their queue, each after so many seconds, as `send` does."""
    for start in range(0, len(timed), _BATCH):
        batch = timed[start : start + _BATCH]
        answer = aws.client("sqs").send_message_batch(
            QueueUrl=queue_url(batch[0][0].queue),
            Entries=[_entry(str(index), job, delay) for index, (job, delay) in enumerate(batch)],
        )
        if answer.get("Failed"):
            raise SendFailed(answer["Failed"])


def _entry(name: str, job: Job, delay_seconds: int) -> dict[str, Any]:
    body = {"Id": name, "MessageBody": job.model_dump_json(), "DelaySeconds": delay_seconds}
    user_id = getattr(job, "user_id", None)
    return body if user_id is None else {**body, "MessageGroupId": str(user_id)}


def kind_of(body: str) -> str:
    """What tells the jobs of one queue apart; empty where a job has none.

    Raises ValueError for what is no JSON.
    """
    found = json.loads(body)
    return str(found.get("kind", "")) if isinstance(found, dict) else ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a handler gets it."""

    body: str
    is_repeat: bool
    """It was delivered before: whoever had it may have died at any point."""
    is_last: bool
    """It is not delivered again: what is not done now waits in the dead-letter queue."""
    until: float
    """When the handler must hand on what is not done, on `time.monotonic`'s clock."""

    def seconds_left(self) -> float:
        return self.until - time.monotonic()


def messages(event: Iterable[Any]) -> Iterator[Message]:
    """The messages of a Chalice SQS event. Each gets the time that a job may take."""
    for record in event:
        attributes = record.to_dict().get("attributes", {})
        deliveries = int(attributes.get("ApproximateReceiveCount", 1))
        yield Message(
            body=record.body,
            is_repeat=deliveries > 1,
            is_last=deliveries >= MOST_DELIVERIES,
            until=time.monotonic() + settings().scrape_seconds,
        )
