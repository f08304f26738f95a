"""What the run pipeline puts on its queues."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from chalicelib.queues import Job


class StartRun(Job):
    """Start runs of a stream for one trigger: a schedule's message, or a caller's."""

    queue: ClassVar[str] = "runs"
    user_id: int
    stream_id: int
    triggered_at: datetime
    source: Literal["manual", "cron"]
    mode: Literal["sync-then-search", "re-test"] = "sync-then-search"
    pair_ids: tuple[int, ...] | None = None
    """The pairs to start; None means all of the stream."""


class RunRef(BaseModel):
    """A run that a job works for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    stream_id: int
    run_id: int
    pair_id: int


class ReadFollowers(Job):
    """Read an account's followers for the runs of one trigger."""

    queue: ClassVar[str] = "scrape"
    user_id: int
    account_id: int
    trigger: str
    runs: tuple[RunRef, ...]
    came_again: bool = False
    """Put off by a busy account after a delivery that may have died half-way."""


class JudgeBatch(Job):
    """Judge one batch of an account's people for some runs."""

    queue: ClassVar[str] = "enrich"
    user_id: int
    account_id: int
    batch_no: int
    runs: tuple[RunRef, ...]
