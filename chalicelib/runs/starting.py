"""Starting runs: one door for a caller's click and a schedule's message.

A trigger names its runs before they exist (`ids.run_id`), so that a message that comes twice, or a
start that died half-way, meets its own rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pynamodb.exceptions import UpdateError

from chalicelib import clock, db, ids, queues
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import budgets, gates
from chalicelib.billing.plans import plan_of
from chalicelib.errors import ApiError, DailySyncLimit, StreamArchived, StreamNotFound
from chalicelib.runs import rules
from chalicelib.runs.jobs import ReadFollowers, RunRef, StartRun
from chalicelib.runs.rules import AccountState, Candidate, Outcome
from chalicelib.runs.table import QUEUED, SYNC, RunItem, entry, lock_key
from chalicelib.streams.schemas import RunQueued, RunSkipped, RunStarted
from chalicelib.streams.table import PairMap, StatsItem, StreamItem
from chalicelib.telemetry import logger
from chalicelib.workspace import WorkspaceItem


@dataclass(slots=True)
class _Ground:
    """The rows on which a start is decided."""

    user: UserItem
    stream: StreamItem
    accounts: dict[int, AccountItem] = field(default_factory=dict)
    existing: set[int] = field(default_factory=set)
    """Runs of this trigger that are there already."""


def start_manually(user_id: int, stream_id: int) -> RunStarted:
    """Run every pair of a stream now.

    Raises StreamNotFound, StreamArchived, SubscriptionRequired, and DailySyncLimit when every
    account has used its syncs of the day.
    """
    job = StartRun(
        user_id=user_id,
        stream_id=stream_id,
        triggered_at=_free_second(stream_id),
        source="manual",
    )
    user, stream = _own(job)
    if stream.is_archived:
        raise StreamArchived
    gates.require_not_lapsed(user.status)
    # The message goes first: if this process dies before the rows are written, the worker that
    # gets it writes them; if it lives, the worker finds them.
    outcomes = start(job, announce=lambda pairs: queues.send([_only(job, pairs)]))
    queued = [candidate for candidate, outcome in outcomes if outcome == "queued"]
    skipped = [(candidate, outcome) for candidate, outcome in outcomes if outcome != "queued"]
    if not queued and {outcome for _, outcome in skipped} == {"budget_exhausted"}:
        raise DailySyncLimit
    return RunStarted(
        queued=[
            RunQueued(tracked_account_id=candidate.account_id, sync_run_id=candidate.run_id)
            for candidate in queued
        ],
        skipped=[
            RunSkipped(tracked_account_id=candidate.account_id, reason=outcome)
            for candidate, outcome in skipped
        ],
    )


def _free_second(stream_id: int) -> datetime:
    """Now, or the first second after the stream's newest trigger: each click is one of its own."""
    now = clock.now().replace(microsecond=0)
    for newest in RunItem.query(stream_id, scan_index_forward=False, limit=1, consistent_read=True):
        return max(now, newest.triggered_at + timedelta(seconds=1))
    return now


def _only(job: StartRun, pairs: Sequence[int]) -> StartRun:
    return job.model_copy(update={"pair_ids": tuple(pairs)})


def start_from_queue(job: StartRun) -> None:
    """Write what is not there yet and send one read per account. May be repeated."""
    try:
        user, stream = _own(job)
        gates.require_not_lapsed(user.status)
    except ApiError as refusal:
        logger.info("run not started", extra={"stream_id": job.stream_id, "code": refusal.code})
        return
    if stream.is_archived or (job.source == "cron" and not stream.is_automated):
        return
    outcomes = start(job)
    reads: dict[int, list[RunRef]] = defaultdict(list)
    for candidate, outcome in outcomes:
        if outcome == "queued":
            reads[candidate.account_id].append(
                RunRef(stream_id=job.stream_id, run_id=candidate.run_id, pair_id=candidate.pair_id)
            )
    queues.send(
        [
            ReadFollowers(
                user_id=job.user_id, account_id=account_id, trigger=_trigger(job), runs=tuple(runs)
            )
            for account_id, runs in reads.items()
        ]
    )


@db.retried_on_conflict
def start(
    job: StartRun, *, announce: Callable[[Sequence[int]], None] | None = None
) -> list[tuple[Candidate, Outcome]]:
    """Decide about every pair, then take slots and write runs in one transaction."""
    ground = _ground(job)
    outcomes = rules.decide(_candidates(job, ground), _states(job, ground))
    fresh = [c for c, outcome in outcomes if outcome == "queued" and not c.exists]
    if announce is not None and fresh:
        announce([candidate.pair_id for candidate in fresh])
    _write(job, ground, fresh)
    return outcomes


def _own(job: StartRun) -> tuple[UserItem, StreamItem]:
    keys = [(job.user_id, SELF), (job.user_id, StreamItem.at(job.stream_id))]
    rows = {row.key: row for row in WorkspaceItem.find_all(keys)}
    user, stream = rows.get(SELF), rows.get(StreamItem.at(job.stream_id))
    if not isinstance(user, UserItem) or not isinstance(stream, StreamItem):
        raise StreamNotFound
    return user, stream


def _ground(job: StartRun) -> _Ground:
    ground = _Ground(*_own(job))
    pairs = _pairs(job, ground.stream)
    keys = {(job.user_id, AccountItem.at(pair.account_id)) for pair in pairs}
    for row in WorkspaceItem.find_all(keys):
        if isinstance(row, AccountItem):
            ground.accounts[row.account_id] = row
    run_keys = [(job.stream_id, _run_id(job, pair.pair_id)) for pair in pairs]
    ground.existing = {run.run_id for run in RunItem.find_all(run_keys)}
    return ground


def _pairs(job: StartRun, stream: StreamItem) -> list[PairMap]:
    return [pair for pair in stream.pairs if job.pair_ids is None or pair.pair_id in job.pair_ids]


def _run_id(job: StartRun, pair_id: int) -> int:
    return ids.run_id(job.triggered_at, pair_id, retest=False)


def _trigger(job: StartRun) -> str:
    return rules.trigger_key(clock.iso(job.triggered_at), job.source, job.stream_id)


def _candidates(job: StartRun, ground: _Ground) -> list[Candidate]:
    return [
        Candidate(
            pair_id=pair.pair_id,
            account_id=pair.account_id,
            run_id=_run_id(job, pair.pair_id),
            lock=lock_key(pair.pair_id, SYNC),
            exists=_run_id(job, pair.pair_id) in ground.existing,
        )
        for pair in _pairs(job, ground.stream)
    ]


def _states(job: StartRun, ground: _Ground) -> dict[int, AccountState]:
    status = ground.user.status
    states = {}
    for account_id, account in ground.accounts.items():
        cap = plan_of(status, account.tier).daily_syncs
        triggers = _triggers(account, job.triggered_at)
        states[account_id] = AccountState(
            is_awake=account.is_awake,
            remaining_syncs=budgets.Budget(len(triggers), cap).remaining,
            has_slot=_trigger(job) in triggers,
            open_runs={key: int(run) for key, run in account.open_runs.as_dict().items()},
        )
    return states


def _triggers(account: AccountItem, now: datetime) -> list[str]:
    return list(account.slot_triggers) if account.slot_day == budgets.day(now) else []


def _write(job: StartRun, ground: _Ground, fresh: Sequence[Candidate]) -> None:
    """At most 50 runs and 50 accounts: one transaction, fenced by each account's version."""
    if not fresh:
        return
    of_account: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in fresh:
        of_account[candidate.account_id].append(candidate)
    pairs = {pair.pair_id: pair for pair in ground.stream.pairs}
    with db.transaction() as write:
        for account_id, candidates in of_account.items():
            account = ground.accounts[account_id]
            triggers = _triggers(account, job.triggered_at)
            write.update(
                AccountItem(job.user_id, account.key),
                actions=[
                    AccountItem.version.set(account.version + 1),
                    AccountItem.slot_day.set(budgets.day(job.triggered_at)),
                    AccountItem.slot_triggers.set(list(dict.fromkeys([*triggers, _trigger(job)]))),
                    *(db.member(AccountItem.open_runs, c.lock).set(c.run_id) for c in candidates),
                ],
                condition=AccountItem.version == account.version,
            )
            for candidate in candidates:
                run = _run(job, ground.stream, account, pairs[candidate.pair_id])
                write.save(run, condition=RunItem.run_id.does_not_exist())
    _note_newest(job, max(candidate.run_id for candidate in fresh))


def _note_newest(job: StartRun, run_id: int) -> None:
    """Show the newest run in the stream; an older one never replaces it."""
    try:
        StatsItem(job.user_id, StatsItem.at(job.stream_id)).update(
            actions=[
                StatsItem.last_run_id.set(run_id),
                StatsItem.last_run_status.set(QUEUED),
                StatsItem.last_run_at.remove(),
            ],
            condition=StatsItem.last_run_id.does_not_exist() | (StatsItem.last_run_id < run_id),
        )
    except UpdateError as fault:
        if fault.cause_response_code != "ConditionalCheckFailedException":
            raise


def _run(job: StartRun, stream: StreamItem, account: AccountItem, pair: PairMap) -> RunItem:
    segment = stream.segments[str(pair.segment_id)]
    return RunItem(
        job.stream_id,
        _run_id(job, pair.pair_id),
        user_id=job.user_id,
        stream_name=stream.name,
        pair_id=pair.pair_id,
        account_id=account.account_id,
        handle=account.handle,
        segment_id=pair.segment_id,
        segment_name=segment["name"] or segment["description"],
        source=job.source,
        mode=SYNC,
        triggered_at=job.triggered_at,
        trigger=_trigger(job),
        log=[entry("queued", f"waiting to read @{account.handle}")],
    )
