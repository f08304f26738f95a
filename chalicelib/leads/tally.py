"""Counting leads in the same transaction that writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from chalicelib import db
from chalicelib.leads.table import SHELVES, TALLY_RANK, UNMATCHED, TallyItem, shelf
from chalicelib.streams.table import StatsItem


def new_tallies(user_id: int, stream_id: int) -> list[db.Table]:
    """The unsaved tallies of a stream's empty shelves."""
    return [
        TallyItem(
            stream_id,
            TallyItem.at(name),
            user_id=user_id,
            stream_shelf=shelf(stream_id, name),
            user_shelf=shelf(user_id, name),
            rank=f"{TALLY_RANK}{stream_id:016d}",
            counts={},
        )
        for name in SHELVES
    ]


def tally_key(account_id: int, segment_id: int | None, confidence: str | None) -> str:
    """What a tally counts apart."""
    return f"{account_id}:{segment_id or 0}:{confidence or UNMATCHED}"


def add(write: db.Write, user_id: int, stream_id: int, changes: Mapping[str, Counter[str]]) -> None:
    """Change the tallies of a stream, and its counts in the workspace, within a transaction.

    `changes` maps a shelf to differences by `tally_key`.
    """
    totals: Counter[str] = Counter()
    for shelf_name, counts in changes.items():
        moved = {key: number for key, number in counts.items() if number}
        if not moved:
            continue
        write.update(
            TallyItem(stream_id, TallyItem.at(shelf_name)),
            actions=[
                db.increased(db.member(TallyItem.counts, key), number)
                for key, number in moved.items()
            ],
        )
        for key, number in moved.items():
            totals[f"{key.rpartition(':')[2]}_{shelf_name}"] += number
    actions = [
        getattr(StatsItem, name).add(number)
        for name, number in totals.items()
        if number and hasattr(StatsItem, name)
    ]
    if actions:
        write.update(StatsItem(user_id, StatsItem.at(stream_id)), actions=actions)


def selected(
    tallies: Iterable[TallyItem],
    *,
    account_id: int | None,
    segment_id: int | None,
    confidence: str | None,
) -> Counter[str]:
    """Leads by confidence (`high`, `medium`, `unmatched`) that these filters select."""
    found: Counter[str] = Counter()
    for tally in tallies:
        for key, number in tally.counts.as_dict().items():
            account, segment, kind = key.split(":")
            if (
                account_id in (None, int(account))
                and segment_id in (None, int(segment))
                and confidence in (None, kind)
            ):
                found[kind] += int(number)
    return found
