"""A pump that a test moves by hand: messages go to the handlers that the app declares for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from app import app
from chalicelib import aws
from localdev import sqs_event
from localdev.pump import Source, sources

Message = dict[str, Any]


class QueueHand:
    """Takes messages from the queues and hands them on, in this thread."""

    def __init__(self) -> None:
        self._sqs = aws.client("sqs")
        self._sources = list(sources(app))

    def drain(self, *, reverse: bool = False, twice: bool = False) -> int:
        """Handle messages until none is left; returns how many. `twice` delivers each again."""
        handled = 0
        while batch := [(source, m) for source in self._sources for m in self.take(source)]:
            for source, message in reversed(batch) if reverse else batch:
                for _ in range(2 if twice else 1):
                    self.handle(source, message)
                self.delete(source, message)
                handled += 1
        return handled

    def step(
        self, function: str, deliver: Callable[[Callable[[], None], Callable[[], None]], None]
    ) -> bool:
        """Take one message of a function and let `deliver` hand it on, as new or as come again.

        False when there is none.
        """
        source = next(source for source in self._sources if source.function == function)
        for message in self.take(source, limit=1):
            again = {**message, "Attributes": {"ApproximateReceiveCount": "2"}}
            deliver(partial(self.handle, source, message), partial(self.handle, source, again))
            self.delete(source, message)
            return True
        return False

    def take(self, source: Source, *, limit: int = 10) -> list[Message]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url(source),
            MaxNumberOfMessages=limit,
            MessageSystemAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def handle(self, source: Source, message: Message) -> None:
        source.handler(sqs_event.event([message], source.arn), None)  # type: ignore[arg-type]

    def delete(self, source: Source, message: Message) -> None:
        self._sqs.delete_message(QueueUrl=self._url(source), ReceiptHandle=message["ReceiptHandle"])

    def send(self, function: str, body: str) -> None:
        source = next(source for source in self._sources if source.function == function)
        self._sqs.send_message(QueueUrl=self._url(source), MessageBody=body)

    def hand(self, function: str, body: str) -> None:
        """Hand a message on that no queue holds: one that SQS would still keep back."""
        source = next(source for source in self._sources if source.function == function)
        message = {"MessageId": "1", "ReceiptHandle": "1", "Body": body, "MD5OfBody": ""}
        self.handle(source, message)

    def _url(self, source: Source) -> str:
        return str(self._sqs.get_queue_url(QueueName=source.queue)["QueueUrl"])
