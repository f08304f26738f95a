"""Reading a shelf: one index, newest first, the tallies at its head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import chain
from math import ceil
from operator import and_
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib import clock
from chalicelib.leads.schemas import LeadsQuery
from chalicelib.leads.table import TALLY_RANK, EchoItem, LeadItem, ShelfItem, TallyItem, rank

_TALLIES_OF_USER = 50
"""Streams whose tallies a user's first page has room for without a second query."""
_A_FILTER, _LIFECYCLE = 3, 1.3
"""Rows read for one that is selected, as long as nothing better is known: by a filter of the
caller's, and where only the lifecycle leaves some out. Few of the unmatched are ever exported."""
_ROOM = 1.2
"""More than is expected to do, because those who are selected stand in clusters."""
_WHOLE = {
    "new": ("new", False),
    "exported": ("exported", True),
    "matched": ("all", False),
    "everyone": ("all", True),
}
"""The lifecycle, and whether unmatched people are in, that select all who stand on a shelf."""
_A_MEGABYTE = 100_000
"""More rows than DynamoDB gives at once: it stops at a megabyte."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What the first page of a list found out for those that follow it."""

    began: str
    """When it was read. People who move later stand where they stood then."""
    share: float
    """One row in so many on the shelf is selected."""
    total: int | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The shelf of a stream or of a user that a query is about."""

    owner_id: int
    is_of_user: bool
    query: LeadsQuery
    began: datetime

    @classmethod
    def of_stream(cls, stream_id: int, query: LeadsQuery) -> Shelf:
        return cls(stream_id, False, query, clock.now())

    @classmethod
    def of_user(cls, user_id: int, query: LeadsQuery) -> Shelf:
        return cls(user_id, True, query, clock.now())

    def tallies(self) -> list[TallyItem]:
        """The head of the shelf. One query."""
        at_head = ShelfItem.rank >= TALLY_RANK
        return [row for row in self._index.query(self.owner_id, at_head) if _is_tally(row)]

    def first(self) -> tuple[list[TallyItem], Iterator[LeadItem]]:
        """The head, and the leads that the filters select. One query, as a rule."""
        tallies: list[TallyItem] = []
        rows = self._rows(None, _A_FILTER if self.query.narrows() else _LIFECYCLE)
        for row in rows:
            if not _is_tally(row):
                return tallies, chain([row], rows)
            tallies.append(row)
        return tallies, iter(())

    def after(self, last: str, walk: Walk) -> Iterator[LeadItem | EchoItem]:
        """The rows behind the one with rank `last`, echoes of leads that moved among them."""
        began = datetime.fromisoformat(walk.began)
        return replace(self, began=began)._rows(last, walk.share)

    def whole(self) -> LeadsQuery:
        """The query that selects everybody who stands on the shelf."""
        lifecycle, include_unmatched = _WHOLE[self._name]
        return LeadsQuery.model_construct(lifecycle=lifecycle, include_unmatched=include_unmatched)

    @property
    def _index(self) -> Any:
        owner = "user" if self.is_of_user else "stream"
        return getattr(ShelfItem, f"of_{owner}_{self._name}")

    @property
    def _name(self) -> str:
        """New ones among unmatched people stand with everyone: hardly any of those is exported."""
        match self.query.lifecycle, self.query.include_unmatched:
            case ("all", False):
                return "matched"
            case ("all", True) | ("new", True):
                return "everyone"
            case (lifecycle, _):
                return str(lifecycle)

    def _rows(self, last: str | None, share: float) -> Iterator[Any]:
        condition, wanted = self._filter, (self.query.offset or 0) + self.query.limit + 1
        if condition is not None:
            wanted = ceil(wanted * share * _ROOM)
        heads = 0 if last else _TALLIES_OF_USER if self.is_of_user else 1
        counts_all = self.query.since is not None and last is None
        rows = self._index.query(
            self.owner_id,
            _between(self.query, last),
            filter_condition=condition,
            scan_index_forward=False,
            page_size=_A_MEGABYTE if counts_all else heads + wanted,
        )
        for row in rows:
            # Should the first query not do, the rest is not taken in crumbs.
            rows.page_iter.page_size = wanted if condition is None else _A_MEGABYTE
            yield row

    @property
    def _filter(self) -> Any:
        query = self.query
        wanted: list[Any] = [
            attribute == value
            for attribute, value in (
                (LeadItem.account_id, query.account_id),
                (LeadItem.segment_id, query.segment_id),
                (LeadItem.confidence, query.match_confidence),
            )
            if value is not None
        ]
        if query.include_unmatched and query.lifecycle == "new":
            wanted.append(LeadItem.exported_at.does_not_exist())
        if not query.include_unmatched and query.lifecycle == "exported":
            wanted.append(LeadItem.confidence.exists())
        if query.include_unmatched:
            wanted.append(_stood_there(self.began))
        # Tallies pass every filter.
        return TallyItem.counts.exists() | reduce(and_, wanted) if wanted else None


def people(rows: Sequence[LeadItem | EchoItem], query: LeadsQuery) -> list[LeadItem]:
    """The leads, those that an echo stands for in its place: one query more where there is one."""
    echoes = [row for row in rows if isinstance(row, EchoItem)]
    found = LeadItem.find_all((echo.stream_id, echo.of) for echo in echoes) if echoes else []
    moved = {(lead.stream_id, lead.person, lead.moved_at): lead for lead in found}
    if query.lifecycle == "new":
        moved = {key: lead for key, lead in moved.items() if lead.exported_at is None}
    shown = (
        moved.get((row.stream_id, row.of, row.moved_at)) if isinstance(row, EchoItem) else row
        for row in rows
    )
    return [lead for lead in shown if lead is not None]


def _stood_there(began: datetime) -> Any:
    is_echo = EchoItem.of.exists()
    moved_later = LeadItem.moved_at > began
    return (is_echo & moved_later) | (~is_echo & ~moved_later)


def _is_tally(row: ShelfItem) -> bool:
    return isinstance(row, TallyItem)


def _between(query: LeadsQuery, before: str | None) -> Condition | None:
    """The range of ranks: strictly older than the cursor, strictly younger than `since`.

    `discoveredAt` has whole seconds, so a later instant begins with the next second.
    """
    low = rank(query.since, 0)[:12] + "$" if query.since is not None else None
    match low, before:
        case None, None:
            return None
        case None, str():
            return ShelfItem.rank < before
        case str(), None:
            return ShelfItem.rank > low
        case _:
            return ShelfItem.rank.between(low, str(before)[:-1] + chr(ord(str(before)[-1]) - 1))
