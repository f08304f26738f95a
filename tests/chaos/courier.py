"""Queues whose delays pass in travelled time: a message that waits an hour costs no second.

A message is taken off SQS at once and kept here until it is due. One whose handler raises, or whose
process dies, comes again after the visibility time-out; after five deliveries it is dead.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import time_machine

from app import app
from chalicelib import aws, clock
from chalicelib.queues import MOST_DELIVERIES
from localdev import sqs_event
from localdev.pump import Source, sources

VISIBILITY = 90
"""Seconds; longer than any lease, so that whoever died holds nothing any more."""
_DUE = "due"


@dataclass(order=True)
class Parcel:
    """A message on its way."""

    due: float
    number: int
    source: Source = field(compare=False)
    message: dict[str, Any] = field(compare=False)
    deliveries: int = field(default=0, compare=False)

    @property
    def function(self) -> str:
        return self.source.function


class Courier:
    """Takes messages as they fall due; `backwards`, the newest of those that are due."""

    backwards = False

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self.dead: list[Parcel] = []
        self._traveller = traveller
        self._sqs = aws.client("sqs")
        self._sources = {source.queue: source for source in sources(app)}
        self._filled: set[str] = set()
        self._waiting: list[Parcel] = []
        self._numbers = count(1)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Learn of messages when they are sent, and take over their delays."""
        events = self._sqs.meta.events
        names = ("SendMessage", "SendMessageBatch")
        for name in names:
            events.register(f"before-parameter-build.sqs.{name}", self._sent)
        try:
            yield
        finally:
            for name in names:
                events.unregister(f"before-parameter-build.sqs.{name}", self._sent)

    def next(self) -> Parcel | None:
        """The next message, once it is due. None when there is none."""
        self._collect()
        if not self._waiting:
            return None
        now = clock.now().timestamp()
        ready = [parcel for parcel in self._waiting if parcel.due <= now]
        if self.backwards and ready:
            parcel = max(ready)
            self._waiting.remove(parcel)
            heapq.heapify(self._waiting)
            return parcel
        parcel = heapq.heappop(self._waiting)
        if parcel.due > now:
            self._traveller.shift(parcel.due - now)
        return parcel

    def hand_over(self, parcel: Parcel) -> None:
        """Call the handler, as Lambda does."""
        parcel.deliveries += 1
        attributes = {"ApproximateReceiveCount": str(parcel.deliveries)}
        message = {**parcel.message, "Attributes": attributes}
        parcel.source.handler(sqs_event.event([message], parcel.source.arn), None)  # type: ignore[arg-type]

    def put_back(self, parcel: Parcel) -> None:
        """Let it come again, or die."""
        if parcel.deliveries >= MOST_DELIVERIES:
            self.dead.append(parcel)
            return
        parcel.due = clock.now().timestamp() + VISIBILITY
        heapq.heappush(self._waiting, parcel)

    def _sent(self, params: dict[str, Any], **_: Any) -> None:
        now = clock.now().timestamp()
        self._filled.add(str(params["QueueUrl"]))
        for entry in params.get("Entries", [params]):
            due = str(now + entry.pop("DelaySeconds", 0))
            attribute = {"DataType": "Number", "StringValue": due}
            entry["MessageAttributes"] = {**entry.get("MessageAttributes", {}), _DUE: attribute}

    def _collect(self) -> None:
        for url in sorted(self._filled):
            while messages := self._receive(url):
                entries = [
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ]
                self._sqs.delete_message_batch(QueueUrl=url, Entries=entries)
                source = self._sources[url.rpartition("/")[2]]
                for message in messages:
                    due = float(message["MessageAttributes"].pop(_DUE)["StringValue"])
                    parcel = Parcel(due, next(self._numbers), source, message)
                    heapq.heappush(self._waiting, parcel)
        self._filled.clear()

    def _receive(self, url: str) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))
