"""Take a trigger from the queue: write the runs that are not there yet, and send them to work."""

from __future__ import annotations

from collections import defaultdict

from chalicelib import db, queues
from chalicelib.billing import gates
from chalicelib.errors import ApiError
from chalicelib.runs import newest
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.costs import trigger_of
from chalicelib.runs.jobs import JudgeBatch, ReadFollowers, RunRef, StartRun
from chalicelib.runs.starting import own, run_id_of, start
from chalicelib.runs.table import QUEUED, RETEST, RUNNING, RunItem, entry, logged
from chalicelib.telemetry import logger


def start_from_queue(job: StartRun) -> None:
    """Start what the trigger may start, and send to work what it started. May be repeated."""
    refs = _begun(job)
    if _may_start(job):
        refs |= {
            each.run_id: (each.account_id, _ref(job, each.run_id, each.pair_id))
            for each, outcome in start(job)
            if outcome == "queued"
        }
    runs: dict[int, list[RunRef]] = defaultdict(list)
    for account_id, ref in refs.values():
        runs[account_id].append(ref)
    for account_id, of_account in runs.items() if job.mode == RETEST else ():
        _judge_again(job, account_id, of_account)
    if job.mode != RETEST:
        queues.send([_read(job, account_id, of_account) for account_id, of_account in runs.items()])


def _begun(job: StartRun) -> dict[int, tuple[int, RunRef]]:
    """The runs that wait already, by id, with their account.

    They go on though their pair was removed or their stream archived meanwhile.
    """
    keys = [(job.stream_id, run_id_of(job, pair_id)) for pair_id in job.pair_ids or ()]
    return {
        run.run_id: (run.account_id, _ref(job, run.run_id, run.pair_id))
        for run in RunItem.find_all(keys)
        if run.user_id == job.user_id and not run.is_over
    }


def _may_start(job: StartRun) -> bool:
    """Whether the trigger may start runs that are not there yet."""
    try:
        user, stream = own(job.user_id, job.stream_id)
        gates.require_not_lapsed(user.status)
    except ApiError as refusal:
        logger.info("run not started", extra={"stream_id": job.stream_id, "code": refusal.code})
        return False
    return not stream.is_archived and (job.source != "cron" or stream.is_automated)


def _ref(job: StartRun, run_id: int, pair_id: int) -> RunRef:
    return RunRef(stream_id=job.stream_id, run_id=run_id, pair_id=pair_id)


def _read(job: StartRun, account_id: int, refs: list[RunRef]) -> ReadFollowers:
    return ReadFollowers(
        user_id=job.user_id, account_id=account_id, trigger=trigger_of(job), runs=tuple(refs)
    )


def _judge_again(job: StartRun, account_id: int, refs: list[RunRef]) -> None:
    """Send the batches that the account's re-tests wait for, each once for all of them."""
    rows = RunItem.find_all((ref.stream_id, ref.run_id) for ref in refs)
    waiting = {run.run_id: run for run in rows if not run.is_over}
    batches: dict[int, list[RunRef]] = defaultdict(list)
    for ref in refs:
        if ref.run_id in waiting:
            _show_running(waiting[ref.run_id])
            for number in sorted(map(int, waiting[ref.run_id].open or ())):
                batches[number].append(ref)
    queues.send(
        [
            JudgeBatch(
                user_id=job.user_id, account_id=account_id, batch_no=number, runs=tuple(each)
            )
            for number, each in batches.items()
        ]
    )
    for ref in refs:
        close_if_done(ref.stream_id, ref.run_id)


def _show_running(run: RunItem) -> None:
    number = len(run.open or ())
    try:
        with db.conditional():
            RunItem(run.stream_id, run.run_id).update(
                actions=[
                    RunItem.status.set(RUNNING),
                    logged(entry("classify", f"judging {number} batches of followers again")),
                ],
                condition=RunItem.status == QUEUED,
            )
    except db.Conflict:
        return
    newest.running(run.user_id, run.stream_id, run.run_id)
