"""Pages of leads, and their counts, over one stream or over all that a user has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from chalicelib.accounts.table import AccountItem
from chalicelib.errors import AccountNotFound, ApiError, SegmentNotFound, StreamNotFound
from chalicelib.http import cursors
from chalicelib.leads import tally
from chalicelib.leads.schemas import AllLeadsQuery, LeadList, LeadsQuery, LeadSummary, shown
from chalicelib.leads.shelves import Shelf, Walk, people
from chalicelib.leads.table import TALLY, EchoItem, LeadItem, TallyItem
from chalicelib.segments.table import SegmentItem
from chalicelib.workspace import WorkspaceItem


def of_stream(user_id: int, stream_id: int, query: LeadsQuery) -> LeadList | LeadSummary:
    """The leads of one stream.

    Raises StreamNotFound for a stream that the user does not own, AccountNotFound and
    SegmentNotFound for filters, InvalidRequest and CursorMismatch for a cursor.
    """
    shelf = Shelf.of_stream(stream_id, query)
    bound = {"user": user_id, "stream": stream_id, **query.filters()}

    def check(tallies: list[TallyItem]) -> None:
        require_owner(user_id, stream_id, tallies)
        require_known(user_id, query, tallies)

    return _listed(shelf, query, bound, check)


def of_user(user_id: int, query: AllLeadsQuery) -> LeadList | LeadSummary:
    """The leads of all streams, archived ones included; of one where `streamId` says so.

    Raises what `of_stream` does.
    """
    if query.stream_id is not None:
        return of_stream(user_id, query.stream_id, query)
    shelf = Shelf.of_user(user_id, query)
    bound = {"user": user_id, **query.filters()}
    return _listed(shelf, query, bound, lambda heads: require_known(user_id, query, heads))


def _listed(
    shelf: Shelf,
    query: LeadsQuery,
    bound: dict[str, Any],
    check: Callable[[list[TallyItem]], None],
) -> LeadList | LeadSummary:
    """A cursor proves what `check` asks of a first page: it is signed and bound to the user."""
    if query.summary and query.since is None:
        tallies = shelf.tallies()
        check(tallies)
        return _summary(selected(tallies, query))
    if query.cursor is not None and not query.summary:
        last, *start = cursors.decode(query.cursor, bound)
        walk = Walk(*start)
        return _page(shelf.after(last, walk), query, walk, bound)
    tallies, rows = shelf.first()
    check(tallies)
    if query.summary:
        return _summary(Counter(str(lead.confidence) for lead in rows))
    total = selected(tallies, query).total()
    share = selected(tallies, shelf.whole()).total() / max(total, 1)
    walk = Walk(shelf.began.isoformat(), share, None if query.since else total)
    return _page(rows, query, walk, bound)


def require_owner(user_id: int, stream_id: int, tallies: Iterable[TallyItem]) -> None:
    """Raise StreamNotFound unless the tallies say that the user owns the stream.

    None at all may mean that the index has not heard of a new stream; then its table is asked.
    """
    owners = {tally.user_id for tally in tallies}
    if not owners:
        newest = TallyItem.find(stream_id, TALLY)
        owners = {newest.user_id} if newest else set()
    if owners != {user_id}:
        raise StreamNotFound


def require_known(user_id: int, query: LeadsQuery, tallies: Iterable[TallyItem]) -> None:
    """Raise AccountNotFound or SegmentNotFound for a filter that names what the user has not got.

    What a tally knows is the user's; only of others is the workspace asked.
    """
    accounts, segments = tally.known(tallies)
    doubtful: dict[str, type[ApiError]] = {}
    if query.account_id is not None and query.account_id not in accounts:
        doubtful[AccountItem.at(query.account_id)] = AccountNotFound
    if query.segment_id is not None and query.segment_id not in segments:
        doubtful[SegmentItem.at(query.segment_id)] = SegmentNotFound
    if doubtful:
        found = {row.key for row in WorkspaceItem.find_all((user_id, key) for key in doubtful)}
        for key, missing in doubtful.items():
            if key not in found:
                raise missing


def selected(tallies: Iterable[TallyItem], query: LeadsQuery) -> Counter[str]:
    """Leads by confidence that the filters select, `since` apart."""
    found = tally.selected(
        tallies,
        lifecycle=query.lifecycle,
        account_id=query.account_id,
        segment_id=query.segment_id,
        confidence=query.match_confidence,
    )
    if not query.include_unmatched:
        del found[tally.UNMATCHED]
    return found


def _summary(found: Counter[str]) -> LeadSummary:
    return LeadSummary(high_fit_count=found["high"], medium_fit_count=found["medium"])


def _page(
    rows: Iterator[LeadItem | EchoItem], query: LeadsQuery, walk: Walk, bound: dict[str, Any]
) -> LeadList:
    skipped = sum(1 for _ in islice(rows, query.offset or 0))
    found = list(islice(rows, query.limit + 1))
    page, has_more = found[: query.limit], len(found) > query.limit
    total = walk.total
    if total is None:
        total = skipped + len(found) + sum(1 for _ in rows)
    position = [page[-1].rank, walk.began, walk.share, total] if has_more else None
    return LeadList(
        leads=[shown(lead) for lead in people(page, query)],
        total=total,
        has_more=has_more,
        next_cursor=cursors.encode(position, bound) if has_more else None,
    )
