"""Kills a worker at a chosen AWS call, before it is sent or after it was answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib import aws as clients
from chalicelib import db

LEASE_AND_MORE = 90
"""Seconds after which whoever died holds nothing any more."""


class Killed(BaseException):
    """The process is gone: no `except Exception` of ours may see it."""


@dataclass
class Killer:
    """Counts AWS calls; at the chosen one, dies before it is sent or after it was answered."""

    when: str
    at: int | None = None
    calls: list[str] = field(default_factory=list)

    def __call__(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)
        if self.at is not None and len(self.calls) == self.at:
            raise Killed(f"{self.when} call {self.at}, {model.name}")


@contextmanager
def watching(killer: Killer) -> Iterator[None]:
    event = {"before": "before-call", "after": "after-call"}[killer.when]
    emitters = [db.connection().client.meta.events, clients.client("sqs").meta.events]
    for emitter in emitters:
        emitter.register(event, killer)
    try:
        yield
    finally:
        for emitter in emitters:
            emitter.unregister(event, killer)
