"""What our code puts on queues, seen as it is sent: delayed messages too, which SQS keeps back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib import aws

Sent = list[dict[str, Any]]


@contextmanager
def noted() -> Iterator[Sent]:
    """The entries that are sent within, in order; `body` is the message, read."""
    sent: Sent = []

    def note(params: dict[str, Any], **_: Any) -> None:
        for entry in params["Entries"]:
            sent.append({**entry, "body": json.loads(entry["MessageBody"])})

    events = aws.client("sqs").meta.events
    events.register("provide-client-params.sqs.SendMessageBatch", note)
    try:
        yield sent
    finally:
        events.unregister("provide-client-params.sqs.SendMessageBatch", note)
