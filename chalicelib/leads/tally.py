"""Counting leads in the same transaction that writes them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from types import MappingProxyType

from pynamodb.expressions.update import Action

from chalicelib import db
from chalicelib.leads.table import (
    EXPORTED,
    NEW,
    SHELVES,
    TALLY_RANK,
    UNMATCHED,
    LeadItem,
    TallyItem,
    shelf,
)
from chalicelib.streams.table import StatsItem

_SHOWN_IN_STREAM = MappingProxyType(
    {
        ("high", NEW): StatsItem.high_new,
        ("high", EXPORTED): StatsItem.high_exported,
        ("medium", NEW): StatsItem.medium_new,
        ("medium", EXPORTED): StatsItem.medium_exported,
    }
)


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


class Changes:
    """What a transaction changes in the tallies of a stream and in its counts."""

    def __init__(self, user_id: int, stream_id: int) -> None:
        self._user_id = user_id
        self._stream_id = stream_id
        self._shelves: dict[str, Counter[str]] = defaultdict(Counter)

    def comes(self, lead: LeadItem) -> None:
        """The lead will stand where it belongs as it is now."""
        self._shelves[lead.shelf_name][_key(lead)] += 1

    def goes(self, lead: LeadItem) -> None:
        """The lead will no longer stand where it belongs as it is now."""
        self._shelves[lead.shelf_name][_key(lead)] -= 1

    def write(self, write: db.Write) -> None:
        """Add at most five updates to the transaction: four tallies and the stream's counts."""
        for name, counts in self._shelves.items():
            actions = [
                db.increased(db.member(TallyItem.counts, key), number)
                for key, number in counts.items()
                if number
            ]
            if actions:
                write.update(TallyItem(self._stream_id, TallyItem.at(name)), actions=actions)
        totals: list[Action] = [
            attribute.add(number)
            for (confidence, name), attribute in _SHOWN_IN_STREAM.items()
            if (number := self._total(name, confidence))
        ]
        if totals:
            stats = StatsItem(self._user_id, StatsItem.at(self._stream_id))
            write.update(stats, actions=totals)

    def _total(self, name: str, confidence: str) -> int:
        counts = self._shelves.get(name, Counter())
        return sum(number for key, number in counts.items() if key.endswith(f":{confidence}"))


def _key(lead: LeadItem) -> str:
    """What a tally counts apart: account, segment and confidence."""
    return f"{lead.account_id}:{lead.segment_id or 0}:{lead.confidence or UNMATCHED}"


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


def counted(tallies: Iterable[TallyItem]) -> tuple[set[int], set[int]]:
    """The accounts and the segments that ever had a lead on these shelves."""
    keys = [key.split(":") for tally in tallies for key in tally.counts.as_dict()]
    return {int(account) for account, _, _ in keys}, {int(segment) for _, segment, _ in keys}
