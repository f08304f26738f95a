"""The leads of all streams, stream by stream."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from chalicelib.leads import listing
from chalicelib.leads.schemas import AllLeadsQuery, LeadGroup, LeadGroups, shown
from chalicelib.leads.shelves import Shelf
from chalicelib.leads.table import LeadItem, TallyItem
from chalicelib.streams.table import StreamItem
from chalicelib.workspace import WorkspaceItem

MOST_LEADS = 3000
"""Leads in one answer, about 4 MB of the 6 that Lambda hands on; `limit` shrinks to fit."""


def by_stream(user_id: int, query: AllLeadsQuery) -> LeadGroups:
    """The newest leads of each stream that has selected ones, archived streams included.

    Queries: one for the tallies, one for the names, one a stream with leads.
    Raises StreamNotFound, AccountNotFound and SegmentNotFound for filters.
    """
    tallies = Shelf.of_user(user_id, query).tallies()
    if query.stream_id is not None:
        tallies = [each for each in tallies if each.stream_id == query.stream_id]
        listing.require_owner(user_id, query.stream_id, tallies)
    listing.require_known(user_id, query, tallies)
    totals = _totals(tallies, query)
    names = _names(user_id, totals)
    limit = min(query.limit, max(1, MOST_LEADS // max(1, len(totals))))
    groups = []
    for stream_id, total in totals.items():
        newest, later = _leads(stream_id, query, limit)
        if newest:
            group = LeadGroup(
                stream_id=stream_id,
                stream_name=names[stream_id],
                leads=[shown(lead) for lead in newest],
                total=total if query.since is None else len(newest) + later,
                has_more=later > 0,
            )
            groups.append((newest[0].rank, group))
    return LeadGroups(streams=[group for _, group in sorted(groups, key=_rank, reverse=True)])


def _rank(ranked: tuple[str, LeadGroup]) -> str:
    return ranked[0]


def _totals(tallies: Iterable[TallyItem], query: AllLeadsQuery) -> dict[int, int]:
    """How many leads of each stream are selected, `since` apart; streams without any left out."""
    totals = {each.stream_id: listing.selected([each], query).total() for each in tallies}
    return {stream_id: total for stream_id, total in totals.items() if total}


def _names(user_id: int, stream_ids: Iterable[int]) -> dict[int, str]:
    rows = WorkspaceItem.find_all((user_id, StreamItem.at(each)) for each in stream_ids)
    return {row.stream_id: row.name for row in rows if isinstance(row, StreamItem)}


def _leads(stream_id: int, query: AllLeadsQuery, limit: int) -> tuple[list[LeadItem], int]:
    """The newest leads, and how many come after: all of them with `since`, else one at most."""
    shelf = Shelf.of_stream(stream_id, query.model_copy(update={"limit": limit}))
    _, rows = shelf.first()
    newest = list(islice(rows, limit))
    rest = rows if query.since else islice(rows, 1)
    return newest, sum(1 for _ in rest)
