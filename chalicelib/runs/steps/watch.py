"""Watch over what a trigger started: a run that stands still is sent to work again, or failed.

Each trigger's runs have a watcher from before they exist: a message that comes back every quarter
of an hour until they are over. Whoever dies and whatever message is lost, the next look finds that
nothing moved. Nothing is searched, and no key is shared by two users.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from chalicelib import clock, db, queues, telemetry
from chalicelib.runs.audience import ScanItem
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.jobs import StartRun, Watch, ref_of
from chalicelib.runs.steps import scan as scans
from chalicelib.runs.steps.enrich import finish_enriching
from chalicelib.runs.steps.judge import look_up
from chalicelib.runs.steps.slots import give_back
from chalicelib.runs.steps.start import begun, send_to_work
from chalicelib.runs.table import RETEST, RunItem, entry, logged
from chalicelib.telemetry import logger

SENT_AGAIN_AT = frozenset({1, 3, 7})
"""After so many looks in a row that found no movement, lost messages are sent again."""
GIVEN_UP_AT = 15
"""After so many, almost four hours, the runs are failed."""
STOOD_STILL = "The run stood still and could not be brought to go on"


def watch_over(job: Watch) -> None:
    """Look at the runs once, and come again unless they are over. May be repeated."""
    runs = []
    for run in begun(job.started):
        if not run.is_done:
            runs.append(run)
        elif not run.is_over:  # whoever brought it to its end died before closing it
            close_if_done(run.stream_id, run.run_id)
    if not runs:
        return
    seen = _fingerprint(runs)
    still = job.still + 1 if seen == job.seen else 0
    if still >= GIVEN_UP_AT:
        for run in runs:
            _give_up(run)
        return
    again = job.model_copy(update={"seen": seen, "still": still})
    queues.send([again], delay_seconds=queues.LONGEST_DELAY)
    if still in SENT_AGAIN_AT:
        logger.warning("runs stand still", extra={"runs": [run.run_id for run in runs]})
        telemetry.count("RunsStoodStill", len(runs))
        send_to_work(job.started, runs, came_again=True)
        queues.send([look_up(run, int(n)) for run in runs for n in run.enriching or ()])


def watch_anew(user_id: int, run_ids: Iterable[int]) -> None:
    """Set a watcher on open runs of a user, whatever became of theirs. May be repeated."""
    for run_id in run_ids:
        for run in RunItem.of_user.query(user_id, RunItem.run_id == run_id):
            if not run.is_over:
                queues.send([Watch(started=_started(run), user_id=user_id)])


def _started(run: RunItem) -> StartRun:
    """The trigger of a run, as far as the run itself goes."""
    return StartRun.model_validate(
        {
            "user_id": run.user_id,
            "stream_id": run.stream_id,
            "triggered_at": run.triggered_at,
            "source": run.source,
            "mode": run.mode,
            "pair_ids": (run.pair_id,),
        }
    )


def _fingerprint(runs: Sequence[RunItem]) -> str:
    """Changes whenever a run or the scan of its account moved."""
    accounts = {int(run.account_id) for run in runs if run.mode != RETEST}
    lines = [_progress(scan) for scan in ScanItem.find_all(accounts)]
    for run in runs:
        waits_for = sorted(map(int, run.open or ()))
        looked_up = f"{sorted(map(int, run.enriching or ()))} {run.enrich_tried}"
        lines.append(f"run {run.run_id} {run.status} {run.is_reading} {waits_for} {looked_up}")
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def _progress(scan: ScanItem) -> str:
    """How far a scan got. Readers that die on it take its lease time and again, and that is all.

    One that was handed back waits its turn with the provider: each hand-back moves it.
    """
    turns = scan.version if scan.lease_until is None else None
    read = (scan.trigger, scan.is_reading, scan.stage, scan.pages, scan.last_batch, scan.marked)
    liked = (scan.posts_left, scan.liker_pages, scan.likers)
    return f"scan {scan.account_id} {turns} {read} {liked} {sorted(scan.runs)}"


@db.retried_on_conflict
def _give_up(run: RunItem) -> None:
    """Fail a run. What it did not judge, the pair's next run is handed."""
    current = RunItem.find(run.stream_id, run.run_id)
    if current is None or current.is_over:
        return
    logger.error("run given up", extra={"run_id": run.run_id, "stream_id": run.stream_id})
    if not (current.is_reading or current.open):  # contacts alone are missing
        for batch_no in current.enriching or ():
            finish_enriching(current, int(batch_no), is_spent=False)
    elif run.mode != RETEST:
        _detach(current)
    else:
        _end(current)
    close_if_done(run.stream_id, run.run_id)


def _detach(run: RunItem) -> None:
    """Take the run off its account's scan; without a page read its slot comes back."""
    scan = ScanItem.find(run.account_id)
    if run.is_reading and (scan is None or scan.trigger != run.trigger or not scan.pages):
        give_back(run.user_id, run.account_id, run.trigger)
    if scan is None:
        _end(run)
        return
    with db.transaction() as write:
        scans.detach(write, scan, ref_of(run), unjudged=set(map(int, run.open or ())))
        write.update(RunItem(run.stream_id, run.run_id), actions=_ending(), condition=_as(run))


def _end(run: RunItem) -> None:
    with db.conditional():
        RunItem(run.stream_id, run.run_id).update(actions=_ending(), condition=_as(run))


def _ending() -> list[Any]:
    return [
        RunItem.error.set(RunItem.error | STOOD_STILL),
        RunItem.is_reading.set(False),
        RunItem.open.remove(),
        RunItem.enriching.remove(),
        logged(entry("failed", f"given up at {clock.iso(clock.now())}")),
    ]


def _as(run: RunItem) -> Any:
    """The condition that nobody moved the run meanwhile."""
    return (RunItem.status == run.status) & (
        RunItem.open == run.open if run.open else RunItem.open.does_not_exist()
    )
