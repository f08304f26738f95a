"""Keeping look-ups and paging through them, newest first."""

from __future__ import annotations

from itertools import islice
from typing import Any

from chalicelib import clock, db, ids
from chalicelib.enrichment.enriching import Beside, Enrichment
from chalicelib.enrichment.schemas import Result, result_of
from chalicelib.http import cursors
from chalicelib.lookups.schemas import HistoryQuery, LookupHistory, LookupShown
from chalicelib.lookups.table import HEAD, CountItem, HistoryItem, LookupItem, history_of


def kept(user_id: int, kind: str) -> Beside:
    """What keeps an enrichment in the user's history of this kind of call."""
    history, lookup_id = history_of(user_id, kind), ids.new_id()

    def keep(write: db.Write, done: Enrichment) -> None:
        write.save(
            LookupItem(
                history,
                lookup_id,
                handle=done.profile.handle,
                x_user_id=done.profile.id,
                outputs=list(done.wanted.outputs),
                result=result_of(done).model_dump(mode="json", exclude_unset=True),
                spent=done.spent,
                created_at=clock.now(),
            ),
            condition=HistoryItem.lookup_id.does_not_exist(),
        )
        write.update(
            CountItem(history, HEAD),
            actions=[CountItem.kind.set(CountItem), CountItem.total.add(1)],
        )

    return keep


def page(user_id: int, kind: str, query: HistoryQuery) -> LookupHistory:
    """A page of the history; the first one counts, and the cursor carries the count on."""
    bound = {"user": user_id, "history": kind}
    if query.cursor is not None:
        before, total = cursors.decode(query.cursor, bound)
        rows = _rows(user_id, kind, before, query.limit + 1)
    else:
        offset = query.offset or 0
        rows = _rows(user_id, kind, None, offset + query.limit + 2)
        head = next(rows, None)
        total = head.total if head is not None else 0
        rows = islice(rows, offset, None)
    found = list(islice(rows, query.limit + 1))
    shown, has_more = found[: query.limit], len(found) > query.limit
    return LookupHistory(
        items=[_shown(item) for item in shown],
        total=total,
        has_more=has_more,
        next_cursor=cursors.encode([shown[-1].lookup_id, total], bound) if has_more else None,
    )


def _rows(user_id: int, kind: str, before: int | None, size: int) -> Any:
    return iter(
        HistoryItem.query(
            history_of(user_id, kind),
            None if before is None else HistoryItem.lookup_id < before,
            scan_index_forward=False,
            consistent_read=True,
            page_size=size,
        )
    )


def _shown(item: LookupItem) -> LookupShown:
    return LookupShown(
        id=item.lookup_id,
        x_handle=item.handle,
        x_profile_id=item.x_user_id,
        requested_outputs=item.outputs,
        result=Result.model_validate(item.result),
        credits_spent=item.spent,
        created_at=item.created_at,
    )
