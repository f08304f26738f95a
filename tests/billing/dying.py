"""Kills a process at a chosen call to AWS or to Stripe, before it is sent or after the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from chalicelib import aws, db


class Died(BaseException):
    """The process is gone: no `except Exception` of ours may see it."""


@dataclass
class Death:
    """Counts the calls; at the chosen one it strikes."""

    when: str
    """`before` the call is sent or `after` it was answered."""
    at: int | None = None
    only: str = ""
    """Calls that are counted hold this; `/v1/` counts those to Stripe."""
    calls: list[str] = field(default_factory=list)

    def at_aws(self, model: Any, **_: Any) -> None:
        """botocore's event of a call."""
        self.met(model.name)

    def met(self, call: str) -> None:
        """A call comes by."""
        if self.only not in call:
            return
        self.calls.append(call)
        if len(self.calls) == self.at:
            raise Died(f"{self.when} call {self.at}, {call}")


@contextmanager
def watching(death: Death) -> Iterator[None]:
    """Let it look at every call that this process makes meanwhile."""
    send = requests.Session.request

    def sent(session: Any, method: str, url: str, **options: Any) -> Any:
        call = f"{method.upper()} {urlsplit(url).path}"
        if death.when == "before":
            death.met(call)
        answer = send(session, method, url, **options)
        if death.when == "after":
            death.met(call)
        return answer

    event = {"before": "before-call", "after": "after-call"}[death.when]
    clients = [db.connection().client, aws.client("sqs"), aws.client("scheduler")]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(requests.Session, "request", sent)
        for client in clients:
            client.meta.events.register(event, death.at_aws)
        try:
            yield
        finally:
            for client in clients:
                client.meta.events.unregister(event, death.at_aws)


@contextmanager
def no_delays() -> Iterator[None]:
    """Let messages that are to come later be there at once, for whoever drains the queue."""

    def at_once(params: dict[str, Any], **_: Any) -> None:
        for entry in params["Entries"]:
            entry["DelaySeconds"] = 0

    events = aws.client("sqs").meta.events
    name = "provide-client-params.sqs.SendMessageBatch"
    events.register(name, at_once)
    try:
        yield
    finally:
        events.unregister(name, at_once)
