"""Everything that this Stripe knows: objects by kind, cards, events, and a clock that moves."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from localdev.stripe.refusals import missing

Thing = dict[str, Any]
"""An object as it stands on the wire."""

API_VERSION = "2026-10-28.endive"
_PREFIXES = {
    "customer": "cus",
    "product": "prod",
    "price": "price",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "invoice": "in",
    "invoiceitem": "ii",
    "line_item": "il",
    "checkout.session": "cs_test",
    "billing_portal.session": "bps",
    "event": "evt",
}


@dataclass
class Books:
    """The state, and nothing but the state. Whoever changes it holds the server's lock."""

    tables: dict[str, dict[str, Thing]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    """`ok` or `declined` by customer; a customer that is not here pays."""
    answers: dict[str, list[Any]] = field(default_factory=dict)
    """What each idempotency key was answered: the request, the status and the body."""
    undelivered: list[str] = field(default_factory=list)
    """Ids of events that nobody fetched for delivery yet."""
    offset: int = 0
    """Seconds by which this clock is ahead of the machine's."""
    address: str = ""
    """Where this Stripe is served, for links to its pages."""
    moment: int | None = None
    """The instant that is being caught up with; None while time is the present."""

    def now(self) -> int:
        """This Stripe's time, in seconds since 1970."""
        return int(time.time()) + self.offset if self.moment is None else self.moment

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Let it be another time for what is done within."""
        self.moment = moment
        try:
            yield
        finally:
            self.moment = None

    def new_id(self, kind: str) -> str:
        """An id that was never given out."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{_PREFIXES[kind]}_{self.counts[kind]:06d}"

    def add(self, thing: Thing) -> Thing:
        """Keep a new object under its `object` and `id`."""
        self.tables.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def all(self, kind: str) -> list[Thing]:
        """The objects of a kind, oldest first."""
        return list(self.tables.get(kind, {}).values())

    def get(self, kind: str, thing_id: str, param: str = "id") -> Thing:
        """One object. Raises Refusal."""
        found = self.tables.get(kind, {}).get(thing_id)
        if found is None:
            raise missing(kind, thing_id, param)
        return found

    def remove(self, thing: Thing) -> None:
        """Forget an object."""
        del self.tables[thing["object"]][thing["id"]]

    def tell(self, kind: str, about: Thing) -> None:
        """Make an event about an object as it is now."""
        event = {
            "id": self.new_id("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": {"object": copy.deepcopy(about)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": None,
            "type": kind,
        }
        self.add(event)
        self.undelivered.append(event["id"])

    def fetch_events(self) -> list[Thing]:
        """The events that nobody fetched yet, oldest first."""
        fetched, self.undelivered = self.undelivered, []
        return [self.get("event", event_id) for event_id in fetched]

    def save(self, path: Path) -> None:
        """Write the state to a file, all of it or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self)))
        os.replace(draft, path)

    @classmethod
    def load(cls, path: Path) -> Books:
        """The state that a file keeps; new books where there is no file."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()
