"""Re-tests: judging the followers that were read before, at the price of a unit a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from chalicelib.billing import gates
from chalicelib.errors import (
    AccountNotFound,
    FreeRetestLimit,
    RetestLimit,
    RetestLimitPro,
    SegmentNotFound,
    StreamArchived,
)
from chalicelib.runs.jobs import StartRun
from chalicelib.runs.schemas import RetestQueued, RetestRequest, RetestSkipped, RetestStarted
from chalicelib.runs.starting import Outcomes, free_second, own, start
from chalicelib.streams.table import PairMap, StreamItem


def retest(user_id: int, stream_id: int, scope: RetestRequest) -> RetestStarted:
    """Judge again what was read of the accounts in scope.

    Raises StreamNotFound, AccountNotFound, SegmentNotFound, StreamArchived, SubscriptionRequired;
    FreeRetestLimit, RetestLimit or RetestLimitPro when nothing starts for that one reason.
    """
    user, stream = own(user_id, stream_id)
    pairs = _in_scope(stream, scope)
    if stream.is_archived:
        raise StreamArchived
    gates.require_not_lapsed(user.status)
    job = StartRun(
        user_id=user_id,
        stream_id=stream_id,
        triggered_at=free_second(stream_id),
        source="manual",
        mode="re-test",
        pair_ids=tuple(pair.pair_id for pair in pairs),
    )
    outcomes = start(job, announced=True)
    reasons = {outcome for _, outcome in outcomes}
    if reasons == {"free_tier"}:
        raise FreeRetestLimit
    if reasons == {"budget_exhausted"}:
        _refuse_spent(pairs)
    return _answer(outcomes)


def _in_scope(stream: StreamItem, scope: RetestRequest) -> list[PairMap]:
    of_account = [p for p in stream.pairs if scope.account_id in (None, p.account_id)]
    if not of_account:
        raise AccountNotFound
    pairs = [pair for pair in of_account if scope.segment_id in (None, pair.segment_id)]
    if not pairs:
        raise SegmentNotFound
    return pairs


def _refuse_spent(pairs: Sequence[PairMap]) -> NoReturn:
    raise RetestLimitPro if any(pair.tier == "pro" for pair in pairs) else RetestLimit


def _answer(outcomes: Outcomes) -> RetestStarted:
    return RetestStarted(
        queued=[
            RetestQueued(
                pair_id=each.pair_id,
                tracked_account_id=each.account_id,
                segment_id=each.segment_id,
                run_id=each.run_id,
            )
            for each, outcome in outcomes
            if outcome == "queued"
        ],
        skipped=[
            RetestSkipped(pair_id=each.pair_id, tracked_account_id=each.account_id, reason=outcome)
            for each, outcome in outcomes
            if outcome != "queued"
        ],
    )
