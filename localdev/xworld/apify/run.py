"""A run of an actor: it advances as it is asked about, and its items grow with it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from localdev.xworld.apify.items import Items

STEPS = 4
"""Looks at a run until it has succeeded: READY, then RUNNING with a part of the items, then all."""

SECONDS_A_STEP = 10
"""Of `waitForFinish`: waiting this long is worth one more look."""

_PRICE = 0.00015
"""US dollars an item, by the price of kaitoeasyapi's actors."""


def _new_id() -> str:
    return uuid.uuid4().hex[:17]


@dataclass(slots=True)
class Run:
    """One run and its dataset."""

    actor: str
    items: Sequence[Items]
    started_at: float
    """Unix seconds."""
    status: str = "READY"
    message: str | None = None
    finished_at: float | None = None
    step: int = 0
    id: str = field(default_factory=_new_id)
    dataset_id: str = field(default_factory=_new_id)
    store_id: str = field(default_factory=_new_id)

    @property
    def under_way(self) -> bool:
        """Whether more items may come."""
        return self.status in ("READY", "RUNNING")

    @property
    def written(self) -> int:
        """How many items the dataset holds by now."""
        return sum(map(len, self.items)) * self.step // STEPS

    def advance(self, now: float, wait: int) -> None:
        """One look at the run, `wait` seconds long."""
        if self.under_way:
            self.step = min(STEPS, self.step + 1 + wait // SECONDS_A_STEP)
            self.status = "RUNNING"
            if self.step == STEPS:
                self.end("SUCCEEDED", now)

    def end(self, status: str, now: float, message: str | None = None) -> None:
        """Let the run end with this status; what it has written stays."""
        if self.under_way:
            self.status, self.finished_at, self.message = status, now, message

    def read(self, start: int, end: int) -> list[dict[str, Any]]:
        """Items `start` up to, not including, `end`, as far as they have been written."""
        end = min(end, self.written)
        parts = []
        for items in self.items:
            parts.append(items.read(max(0, start), max(0, end)))
            start, end = start - len(items), end - len(items)
        return list(chain.from_iterable(parts))

    def to_json(self) -> dict[str, Any]:
        """The run object of Apify's API."""
        return {
            "id": self.id,
            "actId": self.actor,
            "status": self.status,
            "statusMessage": self.message,
            "startedAt": _iso(self.started_at),
            "finishedAt": _iso(self.finished_at),
            "exitCode": None if self.under_way else int(self.status != "SUCCEEDED"),
            "defaultDatasetId": self.dataset_id,
            "defaultKeyValueStoreId": self.store_id,
            "usageTotalUsd": round(self.written * _PRICE, 6),
            "chargedEventCounts": {"apify-default-dataset-item": self.written},
        }


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
