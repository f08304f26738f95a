"""Counting leads in the same transaction that writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType

from pynamodb.expressions.update import Action

from chalicelib import db
from chalicelib.leads.table import TALLY, TALLY_RANK, LeadItem, TallyItem
from chalicelib.streams.table import PairMap, StatsItem, StreamItem

NEW, EXPORTED = "new", "exported"
UNMATCHED = "unmatched"

_SHOWN_IN_STREAM = MappingProxyType(
    {
        ("high", NEW): StatsItem.high_new,
        ("high", EXPORTED): StatsItem.high_exported,
        ("medium", NEW): StatsItem.medium_new,
        ("medium", EXPORTED): StatsItem.medium_exported,
    }
)


def new_tally(stream: StreamItem) -> list[db.Table]:
    """The unsaved tally of a stream that has no leads yet."""
    tally = TallyItem(
        stream.stream_id,
        TALLY,
        user_id=stream.user_id,
        rank=f"{TALLY_RANK}{stream.stream_id:016d}",
        counts=dict.fromkeys(_keys_of(stream.pairs), 0),
    )
    tally.stand(new=True, exported=True, matched=True)
    return [tally]


def know_pairs(write: db.Write, stream_id: int, pairs: Iterable[PairMap]) -> None:
    """Let the tally know the pairs that the stream gets, so that it can answer for them."""
    places = [db.member(TallyItem.counts, key) for key in _keys_of(pairs)]
    write.update(TallyItem(stream_id, TALLY), actions=[place.set(place | 0) for place in places])


def _keys_of(pairs: Iterable[PairMap]) -> list[str]:
    return [_key(pair.account_id, pair.segment_id, "high", is_exported=False) for pair in pairs]


class Changes:
    """What a transaction changes in the tally of a stream and in its counts."""

    def __init__(self, user_id: int, stream_id: int) -> None:
        self._user_id = user_id
        self._stream_id = stream_id
        self._counts: Counter[str] = Counter()

    def comes(self, lead: LeadItem) -> None:
        """The lead will be as it is now."""
        self._counts[_key_of(lead)] += 1

    def goes(self, lead: LeadItem) -> None:
        """The lead will no longer be as it is now."""
        self._counts[_key_of(lead)] -= 1

    def write(self, write: db.Write) -> None:
        """Add at most two updates to the transaction: the tally and the stream's counts."""
        changed = {key: number for key, number in self._counts.items() if number}
        if changed:
            write.update(
                TallyItem(self._stream_id, TALLY),
                actions=[
                    db.increased(db.member(TallyItem.counts, key), number)
                    for key, number in changed.items()
                ],
            )
        totals: list[Action] = [
            attribute.add(number)
            for kind, attribute in _SHOWN_IN_STREAM.items()
            if (number := self._total(":".join(kind)))
        ]
        if totals:
            stats = StatsItem(self._user_id, StatsItem.at(self._stream_id))
            write.update(stats, actions=totals)

    def _total(self, kind: str) -> int:
        return sum(number for key, number in self._counts.items() if key.endswith(f":{kind}"))


def _key_of(lead: LeadItem) -> str:
    """What a tally counts apart."""
    return _key(
        lead.account_id,
        lead.segment_id or 0,
        lead.confidence or UNMATCHED,
        is_exported=lead.exported_at is not None,
    )


def _key(account_id: object, segment_id: object, confidence: str, *, is_exported: bool) -> str:
    return f"{account_id}:{segment_id}:{confidence}:{EXPORTED if is_exported else NEW}"


def selected(
    tallies: Iterable[TallyItem],
    *,
    lifecycle: str,
    account_id: int | None,
    segment_id: int | None,
    confidence: str | None,
) -> Counter[str]:
    """Leads by confidence (`high`, `medium`, `unmatched`) that these filters select."""
    found: Counter[str] = Counter()
    for tally in tallies:
        for key, number in tally.counts.as_dict().items():
            account, segment, kind, state = key.split(":")
            if (
                lifecycle in ("all", state)
                and account_id in (None, int(account))
                and segment_id in (None, int(segment))
                and confidence in (None, kind)
            ):
                found[kind] += int(number)
    return found


def known(tallies: Iterable[TallyItem]) -> tuple[set[int], set[int]]:
    """The accounts and the segments that the tallies' streams ever had."""
    keys = [key.split(":") for tally in tallies for key in tally.counts.as_dict()]
    return {int(account) for account, *_ in keys}, {int(segment) for _, segment, *_ in keys}
