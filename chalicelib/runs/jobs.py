"""What the run pipeline puts on its queues."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from chalicelib.queues import Job
from chalicelib.runs.table import RunItem


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


def ref_of(run: RunItem) -> RunRef:
    """How jobs name a run."""
    return RunRef(stream_id=run.stream_id, run_id=run.run_id, pair_id=run.pair_id)


class Watch(Job):
    """See whether the runs of a trigger still move, until they are over."""

    queue: ClassVar[str] = "runs"
    kind: Literal["watch"] = "watch"
    user_id: int
    started: StartRun
    seen: str = ""
    """How everything stood at the last look."""
    still: int = 0
    """Looks in a row that found it unchanged."""


class ReadFollowers(Job):
    """Read an account's followers for the runs of one trigger."""

    queue: ClassVar[str] = "scrape"
    user_id: int
    account_id: int
    trigger: str
    runs: tuple[RunRef, ...]
    waits: int = 0
    """How often in a row it found no call to the provider left."""
    unanswered: int = 0
    """How often in a row no provider answered."""
    came_again: bool = False
    """Put off by a busy account after a delivery that may have died half-way."""


class JudgeBatch(Job):
    """Judge one batch of an account's people for some runs."""

    queue: ClassVar[str] = "enrich"
    user_id: int
    account_id: int
    batch_no: int
    runs: tuple[RunRef, ...]


class EnrichLeads(Job):
    """Look for contacts of the leads that a run made of a batch."""

    queue: ClassVar[str] = "enrich"
    kind: Literal["enrich_leads"] = "enrich_leads"
    user_id: int
    account_id: int
    batch_no: int
    run: RunRef
    first: str = ""
    """The X user id from which to go on."""
    missed: int = 0
    """Leads that could not be looked up so far."""


class Announce(Job):
    """Tell whoever wants to know that a run closed."""

    queue: ClassVar[str] = "deliver"
    kind: Literal["announce"] = "announce"
    user_id: int
    stream_id: int
    run_id: int
    looked: int = 0
    """How often its leads were looked for before all were there."""
