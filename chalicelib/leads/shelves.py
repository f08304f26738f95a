"""Reading shelves: those of one owner merged into one list, newest first, tallies at its head."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.leads.schemas import LeadsQuery
from chalicelib.leads.table import (
    EXPORTED,
    NEW,
    TALLY_RANK,
    UNMATCHED,
    UNMATCHED_EXPORTED,
    LeadItem,
    ShelfItem,
    TallyItem,
    rank,
    shelf,
)

# Leads move from the first of two to the second. Shelves are read in this order, so that one that
# moves meanwhile is met twice rather than never.
_MATCHED = {"new": (NEW,), "exported": (EXPORTED,), "all": (NEW, EXPORTED)}
_OTHERS = {
    "new": (UNMATCHED,),
    "exported": (UNMATCHED_EXPORTED,),
    "all": (UNMATCHED, UNMATCHED_EXPORTED),
}
_TALLIES_OF_USER = 50
"""Streams whose tallies a user's first page has room for without a second query."""
_READ_PAST = 3
"""Rows read for one that a filter is expected to let pass."""


@dataclass(frozen=True, slots=True)
class Shelves:
    """The shelves of a stream or of a user that a query is about."""

    owner_id: int
    names: tuple[str, ...]
    is_of_user: bool

    @classmethod
    def of_stream(cls, stream_id: int, query: LeadsQuery) -> Shelves:
        return cls(stream_id, _names(query), is_of_user=False)

    @classmethod
    def of_user(cls, user_id: int, query: LeadsQuery) -> Shelves:
        return cls(user_id, _names(query), is_of_user=True)

    def tallies(self) -> list[TallyItem]:
        """The heads of the shelves. One query a shelf."""
        at_head = ShelfItem.rank.startswith(TALLY_RANK)
        rows = chain.from_iterable(
            self._index.query(shelf(self.owner_id, name), at_head) for name in self.names
        )
        return [row for row in rows if isinstance(row, TallyItem)]

    def first(self, query: LeadsQuery) -> tuple[list[TallyItem], Iterator[LeadItem]]:
        """The heads, and the leads that the filters select. One query a shelf, as a rule."""
        tallies: list[TallyItem] = []
        rows = self._merged(query, None)
        for row in rows:
            if not isinstance(row, TallyItem):
                return tallies, _once(chain([row], rows))
            tallies.append(row)
        return tallies, iter(())

    def after(self, query: LeadsQuery, last: str) -> Iterator[LeadItem]:
        """The leads behind the one with rank `last`."""
        return _once(self._merged(query, last))

    @property
    def _index(self) -> Any:
        return ShelfItem.of_user if self.is_of_user else ShelfItem.of_stream

    def _merged(self, query: LeadsQuery, last: str | None) -> Iterator[Any]:
        return heapq.merge(
            *(
                self._index.query(
                    shelf(self.owner_id, name),
                    _between(query, last),
                    filter_condition=_condition(query),
                    scan_index_forward=False,
                    page_size=self._page_size(query, last),
                )
                for name in self.names
            ),
            key=lambda row: row.rank,
            reverse=True,
        )

    def _page_size(self, query: LeadsQuery, last: str | None) -> int | None:
        """Rows a query asks for; None is as many as DynamoDB gives (1 MB), to count them all."""
        if query.since is not None and last is None:
            return None
        heads = 0 if last else _TALLIES_OF_USER if self.is_of_user else 1
        wanted = (query.offset or 0) + query.limit + 1
        return heads + wanted * (1 if _condition(query) is None else _READ_PAST)


def _names(query: LeadsQuery) -> tuple[str, ...]:
    matched, others = _MATCHED[query.lifecycle], _OTHERS[query.lifecycle]
    return matched + others if query.include_unmatched else matched


def _once(rows: Iterator[LeadItem]) -> Iterator[LeadItem]:
    """Each lead once, though it stood on two shelves while they were read."""
    last = ""
    for row in rows:
        if row.rank != last:
            yield row
        last = row.rank


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


def _condition(query: LeadsQuery) -> Any:
    wanted = [
        attribute == value
        for attribute, value in (
            (LeadItem.account_id, query.account_id),
            (LeadItem.segment_id, query.segment_id),
            (LeadItem.confidence, query.match_confidence),
        )
        if value is not None
    ]
    if not wanted:
        return None
    every: Any = wanted[0]
    for condition in wanted[1:]:
        every = every & condition
    return LeadItem.lead_id.does_not_exist() | every  # tallies pass every filter
