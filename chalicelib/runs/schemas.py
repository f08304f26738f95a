"""Runs on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.http.schema import Id, Input, Output, QueryId, QueryNumber, Time, absent, named
from chalicelib.runs.table import RETEST, RunItem
from chalicelib.streams.schemas import RunStatus

Source = Literal["manual", "cron"]
Mode = Literal["sync-then-search", "re-test"]
Step = Literal[
    "queued",
    "fetch_followers",
    "filter_bots",
    "classify",
    "enrich",
    "store",
    "deliver",
    "done",
    "failed",
]
Provider = Literal["scrapebadger", "kaitoeasyapi"]


class LogLine(Output):
    """A step of a run."""

    step: Annotated[str, named(Step)]
    message: str
    timestamp: str


class Completeness(Output):
    """Rows that the provider announced, rows that were read, and whether that is all."""

    expected: int
    seen: int
    complete: bool


class Run(Output):
    """One run of one pair."""

    id: Id
    stream_id: Id
    stream_name: str
    tracked_x_account_id: Id
    x_handle: str
    segment_id: Id
    segment_name: str
    source: Annotated[str, named(Source)]
    status: Annotated[str, named(RunStatus)]
    mode: Annotated[str, named(Mode)]
    triggered_at: Time
    completed_at: Time | None
    new_followers_count: int
    candidates_passed_count: int
    medium_fit_count: int
    enriched_count: int
    error_message: str | None
    progress_log: list[LogLine]
    completeness: Completeness | None
    provider: Annotated[str, named(Provider)] | None
    skipped_bots: int


class RunList(Output):
    """A page of runs, newest first."""

    runs: list[Run]
    next_cursor: str | None


class RunFound(Output):
    """One run."""

    run: Run


class RetestRequest(Input):
    """Which pairs to re-test: all, those of an account, those with a segment, or one."""

    account_id: Id = absent()
    segment_id: Id = absent()


class RetestQueued(Output):
    """A re-test that was started."""

    pair_id: Id
    tracked_account_id: Id
    segment_id: Id
    run_id: Id


class RetestSkipped(Output):
    """A pair that is not re-tested, and why."""

    pair_id: Id
    tracked_account_id: Id
    reason: Literal["account_sleeping", "free_tier", "already_running", "budget_exhausted"]


class RetestStarted(Output):
    """What became of each pair in scope."""

    queued: list[RetestQueued]
    skipped: list[RetestSkipped]


class RunsQuery(Input):
    """Paging of the runs of one stream."""

    limit: Annotated[QueryNumber, Field(ge=1, le=100)] = 30
    cursor: Annotated[str, Field(min_length=1, max_length=2000)] = absent()


class AllRunsQuery(RunsQuery):
    """Filters and paging of the runs of all streams."""

    stream_id: QueryId = absent()
    status: RunStatus = absent()
    source: Source = absent()


def shown(item: RunItem) -> Run:
    """A stored run as the wire shows it."""
    return Run(
        id=item.run_id,
        stream_id=item.stream_id,
        stream_name=item.stream_name,
        tracked_x_account_id=item.account_id,
        x_handle=item.handle,
        segment_id=item.segment_id,
        segment_name=item.segment_name,
        source=item.source,
        status=item.status,
        mode=item.mode,
        triggered_at=item.triggered_at,
        completed_at=item.completed_at,
        new_followers_count=item.new_followers,
        candidates_passed_count=item.passed,
        medium_fit_count=item.medium,
        enriched_count=item.enriched,
        error_message=item.error,
        progress_log=[LogLine(**_plain(line)) for line in item.log],
        completeness=None
        if item.mode == RETEST
        else Completeness(expected=item.expected or 0, seen=item.seen, complete=item.is_complete),
        provider=item.provider,
        skipped_bots=item.skipped_bots,
    )


def _plain(line: object) -> dict[str, str]:
    return line.as_dict() if hasattr(line, "as_dict") else dict(line)  # type: ignore[call-overload, no-any-return]
