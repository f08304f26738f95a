"""/streams: campaigns and their whole configuration."""

from __future__ import annotations

from typing import Annotated

from chalicelib import clock, errors, wiring
from chalicelib.auth.caller import Caller
from chalicelib.auth.users import SELF, UserItem
from chalicelib.http.router import PathId, Router
from chalicelib.leads.tally import new_tallies
from chalicelib.runs import starting
from chalicelib.streams import creation
from chalicelib.streams.schemas import (
    StreamCreate,
    StreamCreated,
    StreamFound,
    StreamList,
    StreamsQuery,
)
from chalicelib.streams.showing import shown
from chalicelib.streams.table import StatsItem, StreamItem
from chalicelib.streams.workspace import Workspace
from chalicelib.workspace import WorkspaceItem

router = Router()
StreamId = Annotated[int, PathId(errors.StreamNotFound)]


@router.post(
    "/streams",
    status=201,
    errors=[
        errors.OrphanLabel,
        errors.StreamMultiSegment,
        errors.SegmentNotFound,
        errors.AccountNotFound,
        errors.UnsafeUrl,
        errors.SubscriptionRequired,
        errors.FreeAccountLimit,
        errors.FreeAccountIpDuplicate,
        errors.StreamCapExceeded,
        errors.HandleNotFound,
        errors.HandleProtected,
        errors.StripeFailed,
        errors.HandleLookupFailed,
    ],
)
def create_stream(caller: Caller, body: StreamCreate) -> StreamCreated:
    """Create a stream with its accounts and its segment in one call."""
    created = creation.create(
        caller.user_id,
        body,
        lookup=wiring.profiles(),
        schedules=wiring.schedules(),
        is_safe=wiring.is_safe_url(),
        rows_beside=new_tallies,
    )
    if not body.run_now:
        return created
    run = starting.start_manually(caller.user_id, created.id)
    return created.model_copy(update={"run": run})


@router.get("/streams")
def list_streams(caller: Caller, query: StreamsQuery) -> StreamList:
    """List streams, newest first."""
    found, now = Workspace.read(caller.user_id, first="self"), clock.now()
    return StreamList(
        streams=[
            shown(stream, found.stats[stream_id], found.owner, now)
            for stream_id, stream in sorted(found.streams.items(), reverse=True)
            if query.include_archived or not stream.is_archived
        ]
    )


@router.get("/streams/{stream_id}", errors=[errors.StreamNotFound])
def get_stream(caller: Caller, stream_id: StreamId) -> StreamFound:
    """Get one stream with its whole configuration and its segment."""
    wanted = (SELF, StreamItem.at(stream_id), StatsItem.at(stream_id))
    rows = {row.key: row for row in WorkspaceItem.find_all((caller.user_id, key) for key in wanted)}
    owner, stream, stats = (rows.get(key) for key in wanted)
    if not (
        isinstance(owner, UserItem)
        and isinstance(stream, StreamItem)
        and isinstance(stats, StatsItem)
    ):
        raise errors.StreamNotFound
    return StreamFound(stream=shown(stream, stats, owner, clock.now()))
