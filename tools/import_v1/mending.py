"""Streams that came when lines about them could not be read, and those lines were mended since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chalicelib import db
from chalicelib.leads.tally import know_pairs
from chalicelib.streams.table import PairMap, StreamItem
from chalicelib.workspace import WorkspaceItem
from tools.import_v1.streams import Streams


def mend(streams: Streams) -> int:
    """Make streams that nobody changed in v2 what the export says now; how many were not."""
    wanted = {(each.user_id, each.key): each for each in streams.by_id.values()}
    there = [row for row in WorkspaceItem.find_all(wanted) if isinstance(row, StreamItem)]
    return sum(
        _follow(known, wanted[known.user_id, known.key], streams.pair_numbers(known.stream_id))
        for known in there
    )


def _follow(known: StreamItem, wanted: StreamItem, numbers: Sequence[int]) -> bool:
    if known.updated_at != wanted.updated_at or _content(known) == _content(wanted):
        return False
    try:
        with db.transaction() as write:
            write.update(
                StreamItem(known.user_id, known.key),
                actions=[
                    StreamItem.sync_times.set(wanted.sync_times),
                    StreamItem.timezone.set(wanted.timezone),
                    StreamItem.is_active.set(wanted.is_active),
                    StreamItem.is_archived.set(wanted.is_archived),
                    StreamItem.pairs.set(list(_joined(known.pairs, wanted.pairs, numbers))),
                ],
                condition=StreamItem.updated_at == known.updated_at,
            )
            know_pairs(write, known.stream_id, wanted.pairs)
    except db.Conflict:
        return False
    return True


def _joined(
    known: Sequence[PairMap], wanted: Sequence[PairMap], numbers: Sequence[int]
) -> Iterator[PairMap]:
    """The pairs that are wanted. One that is there stays: its handle and tier followed the account.
    Others get numbers that no pair has, and only when these are spent, those of pairs that go.
    """
    there = {pair.account_id: pair for pair in known}
    stay = {there[each.account_id].pair_id for each in wanted if each.account_id in there}
    go = {pair.pair_id for pair in known} - stay
    free = iter(sorted((each for each in numbers if each not in stay), key=go.__contains__))
    for pair in wanted:
        if pair.account_id not in there:
            pair.pair_id = next(free)
        yield there.get(pair.account_id, pair)


def _content(stream: StreamItem) -> tuple[object, ...]:
    accounts = [pair.account_id for pair in stream.pairs]
    return (stream.sync_times, stream.timezone, stream.is_active, stream.is_archived, accounts)
