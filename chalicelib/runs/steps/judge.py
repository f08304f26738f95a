"""Judge a batch for the runs that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chalicelib import db, queues, suppression
from chalicelib.matching.bots import DEFAULT_THRESHOLD
from chalicelib.matching.engine import Analysis, analyse
from chalicelib.matching.match import CompiledSegment, SegmentFilters, Verdict, compile_segment
from chalicelib.matching.match import match as match_segment
from chalicelib.profile import Profile
from chalicelib.runs.audience import BatchItem
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.jobs import EnrichLeads, JudgeBatch, ref_of
from chalicelib.runs.steps.store import Judged, Sifted, store
from chalicelib.runs.table import RETEST, RunItem, entry, logged
from chalicelib.segments.table import SegmentItem
from chalicelib.settings import settings
from chalicelib.streams.table import StreamItem
from chalicelib.telemetry import logger
from chalicelib.workspace import WorkspaceItem

if TYPE_CHECKING:
    from chalicelib.judging.second_opinion import SecondOpinion


@dataclass(frozen=True, slots=True)
class _Aims:
    """What the runs of a batch look for."""

    segments: dict[int, CompiledSegment]
    streams: dict[int, StreamItem]

    def look_up(self, run: RunItem) -> bool:
        """Whether the stream asks for contacts of new leads."""
        stream = self.streams.get(run.stream_id)
        return bool(stream and (stream.auto_enrich_linkedin or stream.auto_enrich_email))

    def beside(self, run: RunItem) -> set[int]:
        """Other segments for which the stream looks among the same account's followers."""
        stream = self.streams.get(run.stream_id)
        pairs = stream.pairs if stream else ()
        own = {int(pair.segment_id) for pair in pairs if pair.account_id == run.account_id}
        return own - {run.segment_id}


def judge_batch(job: JudgeBatch, *, second_opinion: SecondOpinion | None = None) -> None:
    """Filter, match and store the batch for each run that still waits for it. May be repeated.

    `second_opinion` is asked about those of whom the rules leave something open.
    """
    waiting = _waiting(job)
    if waiting:
        batch = BatchItem.get(job.account_id, job.batch_no, consistent_read=True)
        survivors, bots = _filter(_not_erased(job.user_id, batch.profiles))
        aims = _aims(job.user_id, waiting)
        for run in waiting:
            segment = aims.segments[run.segment_id]
            judged = [(each, match_segment(each, segment)) for each in survivors]
            sifted = _reviewed(run, segment, judged, bots, second_opinion)
            store(run, batch, sifted, beside=aims.beside(run), look_up=aims.look_up(run))
    _go_on(job)


def _go_on(job: JudgeBatch) -> None:
    """Have new leads looked up where that is still to be done; close what is done."""
    for run in RunItem.find_all((ref.stream_id, ref.run_id) for ref in job.runs):
        if job.batch_no in (run.enriching or ()):
            queues.send([look_up(run, job.batch_no)])
        elif run.is_done:
            close_if_done(run.stream_id, run.run_id)


def look_up(run: RunItem, batch_no: int) -> EnrichLeads:
    """The job that looks for contacts of what a run made of a batch."""
    return EnrichLeads(
        user_id=run.user_id, account_id=run.account_id, batch_no=batch_no, run=ref_of(run)
    )


def _reviewed(
    run: RunItem,
    segment: CompiledSegment,
    judged: Sequence[tuple[Analysis, Verdict]],
    bots: Sequence[Analysis],
    second_opinion: SecondOpinion | None,
) -> Sifted:
    if second_opinion is None:
        return Sifted([Judged(*each) for each in judged], bots)
    review = second_opinion.review(
        run.segment_id, segment, judged, allowance=partial(_allowance, run)
    )
    return Sifted([Judged(*each) for each in review.judged], bots, review.read, review.left)


def _allowance(run: RunItem, calls: int) -> int:
    """Take so many calls out of what the run may spend, and tell how many of them it has.

    One write that counts: of batches that ask at the same time, who comes first gets them.
    """
    counted = RunItem(run.stream_id, run.run_id)
    counted.update(actions=[RunItem.model_calls.add(calls)])
    before = counted.model_calls - calls
    return max(0, min(calls, settings().llm_spend_per_run - before))


def give_up(job: JudgeBatch) -> None:
    """End re-tests that wait for a batch which nobody could judge; may be repeated.

    A sync goes on waiting: its batch comes back from the dead-letter queue, and with it people who
    would otherwise never be judged. A re-test loses nothing and can be asked for again.
    """
    for run in _waiting(job):
        if run.mode == RETEST:
            _fail(run, job.batch_no)
    for ref in job.runs:
        close_if_done(ref.stream_id, ref.run_id)


def _fail(run: RunItem, batch_no: int) -> None:
    message = "Some followers could not be judged again"
    try:
        with db.conditional():
            RunItem(run.stream_id, run.run_id).update(
                actions=[
                    RunItem.error.set(message),
                    RunItem.open.delete({batch_no}),
                    logged(entry("classify", f"batch {batch_no} could not be judged")),
                ],
                condition=RunItem.open.contains(batch_no),
            )
    except db.Conflict:
        return  # somebody else judged it after all


def _waiting(job: JudgeBatch) -> list[RunItem]:
    rows = RunItem.find_all((ref.stream_id, ref.run_id) for ref in job.runs)
    return [run for run in rows if job.batch_no in (run.open or ())]


def _not_erased(user_id: int, profiles: Sequence[Profile]) -> list[Profile]:
    erased = suppression.among(user_id, (profile.id for profile in profiles))
    return [profile for profile in profiles if profile.id not in erased]


def _filter(profiles: Sequence[Profile]) -> tuple[list[Analysis], list[Analysis]]:
    """Survivors and bots. A profile that the engine fails on is passed over, never the batch.

    Raises RuntimeError when it fails on all of them: then the fault is ours, not theirs.
    """
    threshold = settings().bot_threshold
    survivors: list[Analysis] = []
    bots: list[Analysis] = []
    for profile in profiles:
        try:
            analysis = analyse(
                profile, bot_threshold=DEFAULT_THRESHOLD if threshold is None else threshold
            )
        except Exception:
            logger.exception("profile not judged", extra={"x_user_id": profile.id})
            continue
        (bots if analysis.bot.is_bot else survivors).append(analysis)
    if profiles and not survivors and not bots:
        raise RuntimeError("no profile of the batch could be judged")
    return survivors, bots


def _aims(user_id: int, runs: Sequence[RunItem]) -> _Aims:
    keys = {SegmentItem.at(run.segment_id) for run in runs}
    keys |= {StreamItem.at(run.stream_id) for run in runs}
    rows = WorkspaceItem.find_all((user_id, key) for key in keys)
    return _Aims(
        segments={row.segment_id: _compiled(row) for row in rows if isinstance(row, SegmentItem)},
        streams={row.stream_id: row for row in rows if isinstance(row, StreamItem)},
    )


def _compiled(segment: SegmentItem) -> CompiledSegment:
    return compile_segment(
        SegmentFilters(
            description=segment.description,
            gender_values=tuple(segment.gender_values),
            labels={category: tuple(labels) for category, labels in segment.labels.items()},
            follower_tiers=tuple(segment.follower_tiers),
            good=segment.good,
            bad=segment.bad,
        )
    )
