"""Runs: starting them by hand, and their history."""

from __future__ import annotations

from typing import Annotated

from chalicelib import errors
from chalicelib.auth.caller import Caller
from chalicelib.http.router import PathId, Router
from chalicelib.runs import listing, starting
from chalicelib.runs.retesting import retest
from chalicelib.runs.schemas import (
    AllRunsQuery,
    RetestRequest,
    RetestStarted,
    RunFound,
    RunList,
    RunsQuery,
)
from chalicelib.streams.schemas import RunStarted

router = Router()
StreamId = Annotated[int, PathId(errors.StreamNotFound)]
RunId = Annotated[int, PathId(errors.RunNotFound)]


@router.post(
    "/streams/{stream_id}/run",
    status=202,
    errors=[
        errors.StreamNotFound,
        errors.StreamArchived,
        errors.SubscriptionRequired,
        errors.DailySyncLimit,
    ],
)
def run_stream(caller: Caller, stream_id: StreamId) -> RunStarted:
    """Run every pair of a stream now."""
    return starting.start_manually(caller.user_id, stream_id)


@router.post(
    "/streams/{stream_id}/re-test",
    status=202,
    errors=[
        errors.StreamNotFound,
        errors.AccountNotFound,
        errors.SegmentNotFound,
        errors.StreamArchived,
        errors.SubscriptionRequired,
        errors.FreeRetestLimit,
        errors.RetestLimit,
        errors.RetestLimitPro,
    ],
)
def retest_stream(caller: Caller, stream_id: StreamId, body: RetestRequest) -> RetestStarted:
    """Judge the followers that were read before again; reads none anew."""
    return retest(caller.user_id, stream_id, body)


@router.get("/streams/{stream_id}/runs", errors=[errors.StreamNotFound, errors.CursorMismatch])
def list_runs_of_stream(caller: Caller, stream_id: StreamId, query: RunsQuery) -> RunList:
    """List the runs of a stream, newest first."""
    return listing.of_stream(caller.user_id, stream_id, query)


@router.get(
    "/streams/{stream_id}/runs/{run_id}", errors=[errors.StreamNotFound, errors.RunNotFound]
)
def get_run(caller: Caller, stream_id: StreamId, run_id: RunId) -> RunFound:
    """Get one run with its progress."""
    return RunFound(run=listing.one(caller.user_id, stream_id, run_id))


@router.get("/runs", errors=[errors.StreamNotFound, errors.CursorMismatch])
def list_runs(caller: Caller, query: AllRunsQuery) -> RunList:
    """List the runs of all streams, newest first."""
    return listing.of_user(caller.user_id, query)
