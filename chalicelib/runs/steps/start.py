"""Take a trigger from the queue: write the runs that are not there yet, and send them to work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from chalicelib import db, queues
from chalicelib.billing import gates
from chalicelib.errors import ApiError
from chalicelib.runs import newest
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.costs import trigger_of
from chalicelib.runs.jobs import JudgeBatch, ReadFollowers, RunRef, StartRun, ref_of
from chalicelib.runs.starting import own, run_id_of, start
from chalicelib.runs.table import QUEUED, RETEST, RUNNING, RunItem, entry, logged
from chalicelib.telemetry import logger


def start_from_queue(job: StartRun) -> None:
    """Start what the trigger may start, and send to work what it started. May be repeated."""
    runs = {run.run_id: run for run in begun(job) if not run.is_over}
    if _may_start(job):
        queued = {each.run_id for each, outcome in start(job) if outcome == "queued"}
        fresh = RunItem.find_all((job.stream_id, run_id) for run_id in queued - runs.keys())
        runs |= {run.run_id: run for run in fresh if not run.is_over}
    send_to_work(job, list(runs.values()))


def begun(job: StartRun) -> list[RunItem]:
    """The runs of the trigger's own pairs that are there already.

    They go on though their pair was removed or their stream archived meanwhile.
    """
    keys = [(job.stream_id, run_id_of(job, pair_id)) for pair_id in job.pair_ids or ()]
    return [run for run in RunItem.find_all(keys) if run.user_id == job.user_id]


def send_to_work(job: StartRun, runs: Sequence[RunItem], *, came_again: bool = False) -> None:
    """Send what moves the runs on: a read per account, or the batches that re-tests wait for.

    `came_again`: something was lost, so whatever they wait for is sent, not only the read.
    """
    of_account: dict[int, list[RunItem]] = defaultdict(list)
    for run in runs:
        of_account[int(run.account_id)].append(run)
    if job.mode == RETEST:
        for account_id, waiting in of_account.items():
            _judge_again(job, account_id, waiting)
        return
    queues.send(
        [
            ReadFollowers(
                user_id=job.user_id,
                account_id=account_id,
                trigger=trigger_of(job),
                runs=tuple(map(ref_of, waiting)),
                came_again=came_again,
            )
            for account_id, waiting in of_account.items()
        ]
    )


def _may_start(job: StartRun) -> bool:
    """Whether the trigger may start runs that are not there yet."""
    try:
        user, stream = own(job.user_id, job.stream_id)
        gates.require_not_lapsed(user.status)
    except ApiError as refusal:
        logger.info("run not started", extra={"stream_id": job.stream_id, "code": refusal.code})
        return False
    return not stream.is_archived and (job.source != "cron" or stream.is_automated)


def _judge_again(job: StartRun, account_id: int, runs: Sequence[RunItem]) -> None:
    """Send the batches that the account's re-tests wait for, each once for all of them."""
    batches: dict[int, list[RunRef]] = defaultdict(list)
    for run in runs:
        if not run.is_over:
            _show_running(run)
            for number in sorted(map(int, run.open or ())):
                batches[number].append(ref_of(run))
    queues.send(
        [
            JudgeBatch(
                user_id=job.user_id, account_id=account_id, batch_no=number, runs=tuple(each)
            )
            for number, each in batches.items()
        ]
    )
    for run in runs:
        close_if_done(run.stream_id, run.run_id)


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
