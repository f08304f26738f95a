"""Starting runs: one door for callers and for messages, for syncs and for re-tests.

A trigger names its runs before they exist (`ids.run_id`), so that a message that comes twice, or a
start that died half-way, meets its own rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib import clock, db, ids, queues
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import gates
from chalicelib.errors import DailySyncLimit, StreamArchived, StreamNotFound
from chalicelib.runs import newest, rules
from chalicelib.runs.audience import ScanItem
from chalicelib.runs.costs import COSTS, Cost
from chalicelib.runs.jobs import StartRun, Watch
from chalicelib.runs.rules import AccountState, Candidate, Outcome
from chalicelib.runs.table import RETEST, RunItem, lock_key
from chalicelib.streams.schemas import RunQueued, RunSkipped, RunStarted
from chalicelib.streams.table import PairMap, StreamItem
from chalicelib.workspace import WorkspaceItem

Outcomes = list[tuple[Candidate, Outcome]]


@dataclass(slots=True)
class _Ground:
    """The rows on which a start is decided."""

    user: UserItem
    stream: StreamItem
    accounts: dict[int, AccountItem] = field(default_factory=dict)
    existing: set[int] = field(default_factory=set)
    """Runs of this trigger that are there already."""
    last_batches: dict[int, int] = field(default_factory=dict)
    """What was read of each account till now; a re-test judges all of it."""


def start_manually(user_id: int, stream_id: int, *, may_skip_all: bool = False) -> RunStarted:
    """Run every pair of a stream now.

    Raises StreamNotFound, StreamArchived, SubscriptionRequired, and, unless it `may_skip_all`,
    DailySyncLimit when every account has used its syncs of the day.
    """
    job = StartRun(
        user_id=user_id,
        stream_id=stream_id,
        triggered_at=free_second(stream_id),
        source="manual",
    )
    user, stream = own(user_id, stream_id)
    if stream.is_archived:
        raise StreamArchived
    gates.require_not_lapsed(user.status)
    outcomes = start(job, announced=True)
    if not may_skip_all and {outcome for _, outcome in outcomes} == {"budget_exhausted"}:
        raise DailySyncLimit
    return RunStarted(
        queued=[
            RunQueued(tracked_account_id=each.account_id, sync_run_id=each.run_id)
            for each, outcome in outcomes
            if outcome == "queued"
        ],
        skipped=[
            RunSkipped(tracked_account_id=each.account_id, reason=outcome)
            for each, outcome in outcomes
            if outcome != "queued" and outcome != "free_tier"  # noqa: PLR1714 - mypy reads this
        ],
    )


def free_second(stream_id: int) -> datetime:
    """Now, or the first second after the stream's newest trigger: each click is one of its own."""
    now = clock.now().replace(microsecond=0)
    for last in RunItem.query(stream_id, scan_index_forward=False, limit=1, consistent_read=True):
        return max(now, last.triggered_at + timedelta(seconds=1))
    return now


def own(user_id: int, stream_id: int) -> tuple[UserItem, StreamItem]:
    """The user and the stream. Raises StreamNotFound for a stream that is not the user's."""
    keys = [(user_id, SELF), (user_id, StreamItem.at(stream_id))]
    rows = {row.key: row for row in WorkspaceItem.find_all(keys)}
    user, stream = rows.get(SELF), rows.get(StreamItem.at(stream_id))
    if not isinstance(user, UserItem) or not isinstance(stream, StreamItem):
        raise StreamNotFound
    return user, stream


@db.retried_on_conflict
def start(job: StartRun, *, announced: bool = False) -> Outcomes:
    """Decide about every pair, then take units and write runs in one transaction.

    A watcher of what starts goes first. `announced`: so does a message of the pairs that start. If
    this process dies before the rows are written, the worker that gets it writes them; if it
    lives, the worker finds them.
    """
    ground = _ground(job)
    outcomes = rules.decide(
        _candidates(job, ground),
        _states(job, ground),
        unit_per_pair=COSTS[job.mode].unit_per_pair,
    )
    fresh = [each for each, outcome in outcomes if outcome == "queued" and not each.exists]
    if fresh:
        _announce(job, fresh, to_worker=announced)
        _write(job, ground, fresh)
        newest.queued(job.user_id, job.stream_id, max(each.run_id for each in fresh))
    return outcomes


def _announce(job: StartRun, fresh: Sequence[Candidate], *, to_worker: bool) -> None:
    """Send what sees to the runs that are about to be written, whatever becomes of this process."""
    pinned = job.model_copy(update={"pair_ids": tuple(each.pair_id for each in fresh)})
    watch = Watch(user_id=job.user_id, started=pinned)
    queues.send_each([*([(pinned, 0)] if to_worker else []), (watch, queues.LONGEST_DELAY)])


def _ground(job: StartRun) -> _Ground:
    ground = _Ground(*own(job.user_id, job.stream_id))
    pairs = _pairs(job, ground.stream)
    account_ids = {int(pair.account_id) for pair in pairs}
    for row in WorkspaceItem.find_all((job.user_id, AccountItem.at(each)) for each in account_ids):
        if isinstance(row, AccountItem):
            ground.accounts[row.account_id] = row
    run_keys = [(job.stream_id, run_id_of(job, pair.pair_id)) for pair in pairs]
    ground.existing = {run.run_id for run in RunItem.find_all(run_keys)}
    if job.mode == RETEST:
        scans = ScanItem.find_all(account_ids)
        ground.last_batches = {scan.account_id: scan.last_batch for scan in scans}
    return ground


def _pairs(job: StartRun, stream: StreamItem) -> list[PairMap]:
    return [pair for pair in stream.pairs if job.pair_ids is None or pair.pair_id in job.pair_ids]


def run_id_of(job: StartRun, pair_id: int) -> int:
    """The run that the trigger starts for a pair."""
    return ids.run_id(job.triggered_at, pair_id, retest=job.mode == RETEST)


def _candidates(job: StartRun, ground: _Ground) -> list[Candidate]:
    return [
        Candidate(
            pair_id=pair.pair_id,
            account_id=pair.account_id,
            segment_id=pair.segment_id,
            run_id=run_id_of(job, pair.pair_id),
            lock=lock_key(pair.pair_id, job.mode),
            exists=run_id_of(job, pair.pair_id) in ground.existing,
        )
        for pair in _pairs(job, ground.stream)
    ]


def _states(job: StartRun, ground: _Ground) -> dict[int, AccountState]:
    states = {}
    for account_id, account in ground.accounts.items():
        cost = COSTS[job.mode](job, ground.user, account)
        states[account_id] = AccountState(
            is_awake=account.is_awake,
            is_included=cost.is_included,
            units_left=cost.units_left,
            open_runs={key: int(run) for key, run in account.open_runs.as_dict().items()},
        )
    return states


def _write(job: StartRun, ground: _Ground, fresh: Sequence[Candidate]) -> None:
    """At most 50 runs and 50 accounts: one transaction, fenced by each account's version."""
    of_account: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in fresh:
        of_account[candidate.account_id].append(candidate)
    with db.transaction() as write:
        for account_id, candidates in of_account.items():
            account = ground.accounts[account_id]
            cost = COSTS[job.mode](job, ground.user, account)
            write.update(
                AccountItem(job.user_id, account.key),
                actions=[
                    AccountItem.version.set(account.version + 1),
                    *cost.taken(len(candidates)),
                    *(db.member(AccountItem.open_runs, c.lock).set(c.run_id) for c in candidates),
                ],
                condition=AccountItem.version == account.version,
            )
            for candidate in candidates:
                run = _run(job, ground, candidate, cost)
                write.save(run, condition=RunItem.run_id.does_not_exist())


def _run(job: StartRun, ground: _Ground, candidate: Candidate, cost: Cost) -> RunItem:
    segment = ground.stream.segments[str(candidate.segment_id)]
    return RunItem(
        job.stream_id,
        candidate.run_id,
        user_id=job.user_id,
        stream_name=ground.stream.name,
        pair_id=candidate.pair_id,
        account_id=candidate.account_id,
        handle=ground.accounts[candidate.account_id].handle,
        segment_id=candidate.segment_id,
        segment_name=segment["name"] or segment["description"],
        source=job.source,
        mode=job.mode,
        triggered_at=job.triggered_at,
        written_at=clock.now(),
        **cost.beginning(ground.last_batches.get(candidate.account_id, 0)),
    )
