"""Streams that came when lines about them could not be read, and those lines were mended since."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib import db
from chalicelib.leads.tally import know_pairs
from chalicelib.streams.table import StreamItem
from chalicelib.workspace import WorkspaceItem


def mend(streams: Iterable[StreamItem]) -> int:
    """Make streams that nobody changed in v2 what the export says now; how many were not."""
    wanted = {(each.user_id, each.key): each for each in streams}
    there = [row for row in WorkspaceItem.find_all(wanted) if isinstance(row, StreamItem)]
    return sum(_follow(known, wanted[known.user_id, known.key]) for known in there)


def _follow(known: StreamItem, wanted: StreamItem) -> bool:
    if known.updated_at != wanted.updated_at or _content(known) == _content(wanted):
        return False
    # A pair that is there stays: its handle and tier followed the account.
    pairs = {pair.account_id: pair for pair in known.pairs}
    try:
        with db.transaction() as write:
            write.update(
                StreamItem(known.user_id, known.key),
                actions=[
                    StreamItem.sync_times.set(wanted.sync_times),
                    StreamItem.timezone.set(wanted.timezone),
                    StreamItem.is_active.set(wanted.is_active),
                    StreamItem.is_archived.set(wanted.is_archived),
                    StreamItem.pairs.set(
                        [pairs.get(each.account_id, each) for each in wanted.pairs]
                    ),
                ],
                condition=StreamItem.updated_at == known.updated_at,
            )
            know_pairs(write, known.stream_id, wanted.pairs)
    except db.Conflict:
        return False
    return True


def _content(stream: StreamItem) -> tuple[object, ...]:
    accounts = [pair.account_id for pair in stream.pairs]
    return (stream.sync_times, stream.timezone, stream.is_active, stream.is_archived, accounts)
