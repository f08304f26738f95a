"""Judge a batch for the runs that wait for it, and store what comes out: one transaction a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.expressions.update import Action

from chalicelib import clock, db
from chalicelib.auth.users import numbers
from chalicelib.leads import tally
from chalicelib.leads.table import NEW, UNMATCHED, LeadItem, person_key, rank, shelf
from chalicelib.matching.bots import DEFAULT_THRESHOLD
from chalicelib.matching.engine import Analysis, analyse
from chalicelib.matching.match import CompiledSegment, SegmentFilters, Verdict, compile_segment
from chalicelib.matching.match import match as match_segment
from chalicelib.profile import Profile
from chalicelib.runs.audience import BatchItem
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.jobs import JudgeBatch
from chalicelib.runs.table import RunItem
from chalicelib.segments.table import SegmentItem
from chalicelib.settings import settings
from chalicelib.telemetry import logger
from chalicelib.workspace import WorkspaceItem


@dataclass(frozen=True, slots=True)
class Judged:
    """A survivor of the bot filter with the verdict for one segment."""

    analysis: Analysis
    verdict: Verdict

    @property
    def shelf(self) -> str:
        return NEW if self.verdict.confidence else UNMATCHED


def judge_batch(job: JudgeBatch) -> None:
    """Filter, match and store the batch for each run that still waits for it. May be repeated."""
    runs = {
        run.run_id: run for run in RunItem.find_all((ref.stream_id, ref.run_id) for ref in job.runs)
    }
    waiting = [ref for ref in job.runs if ref.run_id in runs and _waits(runs[ref.run_id], job)]
    if waiting:
        batch = BatchItem.get(job.account_id, job.batch_no, consistent_read=True)
        survivors, bots = _filter(batch.profiles)
        segments = _segments(job.user_id, {int(runs[ref.run_id].segment_id) for ref in waiting})
        for ref in waiting:
            run = runs[ref.run_id]
            judged = [
                Judged(analysis, match_segment(analysis, segments[run.segment_id]))
                for analysis in survivors
            ]
            _store(job, run, batch, judged, bots)
    for ref in job.runs:
        close_if_done(ref.stream_id, ref.run_id)


def _waits(run: RunItem, job: JudgeBatch) -> bool:
    return job.batch_no in (run.open or ())


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


def _segments(user_id: int, segment_ids: set[int]) -> dict[int, CompiledSegment]:
    rows = WorkspaceItem.find_all((user_id, SegmentItem.at(number)) for number in segment_ids)
    return {
        row.segment_id: compile_segment(
            SegmentFilters(
                description=row.description,
                gender_values=tuple(row.gender_values),
                labels={category: tuple(labels) for category, labels in row.labels.items()},
                follower_tiers=tuple(row.follower_tiers),
            )
        )
        for row in rows
        if isinstance(row, SegmentItem)
    }


@db.retried_on_conflict
def _store(
    job: JudgeBatch,
    run: RunItem,
    batch: BatchItem,
    judged: Sequence[Judged],
    bots: Sequence[Analysis],
) -> None:
    """Leads, counts and the run's progress change together, once, while the batch is open."""
    current = RunItem.find(run.stream_id, run.run_id)
    if current is None or not _waits(current, job):
        return
    known = {
        row.person
        for row in LeadItem.find_all(
            (run.stream_id, person_key(job.account_id, each.analysis.profile.id)) for each in judged
        )
    }
    fresh = [
        each for each in judged if person_key(job.account_id, each.analysis.profile.id) not in known
    ]
    now = clock.now().replace(microsecond=0)
    leads = [
        _lead(run, batch, each, lead_id, now)
        for each, lead_id in zip(fresh, numbers(job.user_id, len(fresh)), strict=True)
    ]
    counts: dict[str, Counter[str]] = {NEW: Counter(), UNMATCHED: Counter()}
    for each in fresh:
        key = tally.tally_key(
            job.account_id,
            run.segment_id if each.verdict.confidence else None,
            each.verdict.confidence,
        )
        counts[each.shelf][key] += 1
    with db.transaction() as write:
        for lead in leads:
            write.save(lead, condition=LeadItem.person.does_not_exist())
        tally.add(write, job.user_id, run.stream_id, counts)
        write.update(
            RunItem(run.stream_id, run.run_id),
            actions=[RunItem.open.delete({job.batch_no}), *_progress(judged, bots)],
            condition=RunItem.open.contains(job.batch_no),
        )


def _progress(judged: Sequence[Judged], bots: Sequence[Analysis]) -> list[Action]:
    confidences = Counter(each.verdict.confidence for each in judged)
    signals = Counter(
        signal.name for bot in bots for signal in bot.bot.signals if signal.weight > 0
    )
    return [
        RunItem.passed.add(confidences["high"] + confidences["medium"]),
        RunItem.medium.add(confidences["medium"]),
        RunItem.skipped_bots.add(len(bots)),
        *(
            db.increased(db.member(RunItem.bot_signals, name), number)
            for name, number in signals.items()
        ),
    ]


def _lead(run: RunItem, batch: BatchItem, judged: Judged, lead_id: int, now: datetime) -> LeadItem:
    analysis, verdict = judged.analysis, judged.verdict
    return LeadItem(
        run.stream_id,
        person_key(run.account_id, analysis.profile.id),
        lead_id=lead_id,
        user_id=run.user_id,
        account_id=run.account_id,
        run_id=run.run_id,
        segment_id=run.segment_id if verdict.confidence else None,
        confidence=verdict.confidence,
        source=batch.source,
        discovered_at=now,
        profile=analysis.profile.to_dict(),
        reasons=list(verdict.reasons),
        labels=analysis.label_names(),
        gender=analysis.gender.gender,
        follower_tier=analysis.tier,
        stream_shelf=shelf(run.stream_id, judged.shelf),
        user_shelf=shelf(run.user_id, judged.shelf),
        rank=rank(now, lead_id),
    )
