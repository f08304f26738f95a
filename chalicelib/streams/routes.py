"""/streams: campaigns and their whole configuration."""

from __future__ import annotations

from typing import Annotated

from chalicelib import clock, errors, wiring
from chalicelib.auth.caller import Caller
from chalicelib.auth.users import SELF, UserItem
from chalicelib.http.router import Attempt, PathId, Router
from chalicelib.leads.tally import know_pairs, new_tally
from chalicelib.runs import starting
from chalicelib.streams import changing, creation
from chalicelib.streams.edges import Edges
from chalicelib.streams.inputs import StreamCreate, StreamPatch, StreamsQuery
from chalicelib.streams.schemas import (
    StreamArchived,
    StreamChanged,
    StreamCreated,
    StreamFound,
    StreamList,
)
from chalicelib.streams.showing import shown
from chalicelib.streams.table import StatsItem, StreamItem
from chalicelib.streams.workspace import Workspace
from chalicelib.workspace import WorkspaceItem

router = Router()
StreamId = Annotated[int, PathId(errors.StreamNotFound)]


_WRITING = [
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
]
"""What creating and changing a stream can answer."""


@router.post("/streams", status=201, errors=_WRITING, takes_up=True)
def create_stream(caller: Caller, body: StreamCreate, attempt: Attempt) -> StreamCreated:
    """Create a stream with its accounts and its segment in one call."""
    created = creation.create(
        caller.user_id, body, attempt=attempt, edges=_edges(), rows_beside=new_tally
    )
    if not body.run_now:
        return created
    run = starting.start_manually(caller.user_id, created.id, may_skip_all=True)
    return created.model_copy(update={"run": run})


@router.patch(
    "/streams/{stream_id}", errors=[errors.StreamNotFound, errors.StreamArchived, *_WRITING]
)
def change_stream(
    caller: Caller, stream_id: StreamId, body: StreamPatch, attempt: Attempt
) -> StreamChanged:
    """Change any setting of a stream; a list of pairs replaces the pairs that it has."""
    return changing.change(
        caller.user_id,
        stream_id,
        body,
        attempt=attempt,
        edges=_edges(),
        pairs_beside=know_pairs,
    )


@router.delete("/streams/{stream_id}", errors=[errors.StreamNotFound])
def archive_stream(caller: Caller, stream_id: StreamId) -> StreamArchived:
    """Archive a stream: nothing runs it any more, its leads and accounts stay."""
    changing.archive(caller.user_id, stream_id, edges=_edges())
    return StreamArchived(archived=True)


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


def _edges() -> Edges:
    return Edges(
        profiles=wiring.profiles(),
        subscriptions=wiring.subscriptions(),
        is_safe=wiring.is_safe_url(),
        follow=wiring.upkeep().soon,
    )
