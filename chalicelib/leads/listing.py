"""Pages of leads: shelves merged in order, filtered, counted from their tallies."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.errors import StreamNotFound
from chalicelib.http import cursors
from chalicelib.leads import tally
from chalicelib.leads.schemas import LeadList, LeadsQuery, LeadSummary, shown
from chalicelib.leads.table import (
    EXPORTED,
    NEW,
    TALLY_RANK,
    UNMATCHED,
    LeadItem,
    ShelfItem,
    TallyItem,
    rank,
    shelf,
)

_LIFECYCLES = {"new": (NEW,), "exported": (EXPORTED,), "all": (NEW, EXPORTED)}


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a cursor stands, and the total that its first page counted."""

    rank: str
    total: int


def of_stream(user_id: int, stream_id: int, query: LeadsQuery) -> LeadList | LeadSummary:
    """The leads of one stream. Raises StreamNotFound for a stream that the user does not own."""
    shelves = [shelf(stream_id, name) for name in _shelves(query)]
    bound = {"user": user_id, "stream": stream_id, **query.filters()}
    if query.cursor is not None:
        position = _Position(*cursors.decode(query.cursor, bound))
        return _page(_rows(shelves, query, position.rank), query, position.total, bound)
    if query.summary and query.since is None:
        tallies = [row for row in _heads(shelves) if isinstance(row, TallyItem)]
        _require_owner(tallies, user_id)
        return _summary(_selected(tallies, query))
    merged = _rows(shelves, query, None)
    tallies = [row for row in islice(merged, len(shelves)) if isinstance(row, TallyItem)]
    _require_owner(tallies, user_id)
    if query.summary:
        return _summary(Counter(str(lead.confidence) for lead in merged))
    total = None if query.since else _selected(tallies, query).total()
    return _page(merged, query, total, bound)


def _require_owner(tallies: list[TallyItem], user_id: int) -> None:
    if not tallies or any(row.user_id != user_id for row in tallies):
        raise StreamNotFound


def _shelves(query: LeadsQuery) -> tuple[str, ...]:
    matched = _LIFECYCLES[query.lifecycle]
    return (*matched, UNMATCHED) if query.include_unmatched else matched


def _selected(tallies: list[TallyItem], query: LeadsQuery) -> Counter[str]:
    return tally.selected(
        tallies,
        account_id=query.account_id,
        segment_id=query.segment_id,
        confidence=query.match_confidence,
    )


def _summary(found: Counter[str]) -> LeadSummary:
    return LeadSummary(high_fit_count=found["high"], medium_fit_count=found["medium"])


def _heads(shelves: list[str]) -> Iterator[Any]:
    for name in shelves:
        yield from ShelfItem.of_stream.query(name, ShelfItem.rank.startswith(TALLY_RANK))


def _rows(shelves: list[str], query: LeadsQuery, before: str | None) -> Iterator[Any]:
    """Rows of all shelves, newest first, tallies at the head, filters applied."""
    size = (query.offset or 0) + query.limit + 2
    return heapq.merge(
        *(
            ShelfItem.of_stream.query(
                name,
                _between(query, before),
                filter_condition=_condition(query),
                scan_index_forward=False,
                page_size=size,
            )
            for name in shelves
        ),
        key=lambda row: row.rank,
        reverse=True,
    )


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


def _page(
    rows: Iterator[Any], query: LeadsQuery, total: int | None, bound: dict[str, Any]
) -> LeadList:
    found = list(islice(rows, query.offset or 0, (query.offset or 0) + query.limit + 1))
    page, has_more = found[: query.limit], len(found) > query.limit
    if total is None:
        total = (query.offset or 0) + len(found) + sum(1 for _ in rows)
    return LeadList(
        leads=[shown(lead) for lead in page],
        total=total,
        has_more=has_more,
        next_cursor=cursors.encode([page[-1].rank, total], bound) if has_more else None,
    )
