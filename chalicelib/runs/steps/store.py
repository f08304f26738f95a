"""Store what a run found in a batch: leads, counts and progress change together, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib import clock, db, telemetry
from chalicelib.auth.users import numbers
from chalicelib.leads.table import EchoItem, LeadItem, person_key
from chalicelib.leads.tally import Changes
from chalicelib.matching.engine import Analysis
from chalicelib.matching.match import Verdict
from chalicelib.runs import rules
from chalicelib.runs.audience import BatchItem
from chalicelib.runs.table import RETEST, RunItem


@dataclass(frozen=True, slots=True)
class Judged:
    """A survivor of the bot filter with the verdict for one segment."""

    analysis: Analysis
    verdict: Verdict

    @property
    def x_user_id(self) -> str:
        return self.analysis.profile.id


@dataclass(frozen=True, slots=True)
class Sifted:
    """A batch after the bot filter, judged for one run."""

    people: Sequence[Judged]
    bots: Sequence[Analysis]
    model_read: int = 0
    """Open profiles that the language model had a say in."""
    model_left: int = 0
    """Open profiles that stayed with the rules although there is a language model."""


@db.retried_on_conflict
def store(
    run: RunItem, batch: BatchItem, sifted: Sifted, *, beside: set[int], look_up: bool
) -> None:
    """Write what the batch brought, while the run waits for it. May be repeated.

    `beside`: the other segments that the stream has for the account. `look_up`: contacts of new
    leads are wanted, and the run waits for that too. One transaction of at most
    53 items: 50 leads, the tally, the stream's counts, the run.
    """
    current = RunItem.find(run.stream_id, run.run_id)
    if current is None or batch.batch_no not in (current.open or ()):
        return
    storing = _Storing(run, batch.source, clock.now().replace(microsecond=0), beside)
    storing.sort(sifted.people)
    storing.leave_echoes()
    with db.transaction() as write:
        storing.write(write)
        write.update(
            RunItem(run.stream_id, run.run_id),
            actions=[
                RunItem.open.delete({batch.batch_no}),
                RunItem.entered.add(storing.entered),
                RunItem.left.add(storing.left_why.total()),
                *(
                    db.increased(db.member(RunItem.left_why, why), number)
                    for why, number in storing.left_why.items()
                ),
                *_progress(run, sifted),
                *([RunItem.enriching.add({batch.batch_no})] if look_up and storing.entered else []),
            ],
            condition=RunItem.open.contains(batch.batch_no),
        )
    telemetry.count("ProfilesJudged", len(sifted.people) + len(sifted.bots))
    telemetry.count("BotsDropped", len(sifted.bots))
    telemetry.count("LeadsFound", storing.entered)


def _progress(run: RunItem, sifted: Sifted) -> list[Action]:
    confidences = Counter(each.verdict.confidence for each in sifted.people)
    signals = Counter(
        signal.name for bot in sifted.bots for signal in bot.bot.signals if signal.weight > 0
    )
    again = len(sifted.people) + len(sifted.bots) if run.mode == RETEST else 0
    return [
        RunItem.seen.add(again),
        RunItem.passed.add(confidences["high"] + confidences["medium"]),
        RunItem.medium.add(confidences["medium"]),
        RunItem.skipped_bots.add(len(sifted.bots)),
        RunItem.model_read.add(sifted.model_read),
        RunItem.model_left.add(sifted.model_left),
        *(
            db.increased(db.member(RunItem.bot_signals, name), number)
            for name, number in signals.items()
        ),
    ]


class _Storing:
    """The leads that one batch makes or changes."""

    def __init__(self, run: RunItem, source: str, now: datetime, beside: set[int]) -> None:
        self.entered = 0
        self.left_why: Counter[str] = Counter()
        """Leads that no longer match, by reason."""
        self._run = run
        self._source = source
        self._now = now
        self._beside = beside
        self._changes = Changes(run.user_id, run.stream_id)
        self._made: list[LeadItem] = []
        self._moved: list[tuple[LeadItem, Any]] = []
        """Each with the condition that it stands where it stood when it was read."""
        self._echoes: list[EchoItem] = []

    def sort(self, people: Sequence[Judged]) -> None:
        """Read who is a lead already, and decide what becomes of each."""
        known = self._known(people)
        fresh = [each for each in people if each.x_user_id not in known]
        ids = numbers(self._run.user_id, len(fresh))
        for each, lead_id in zip(fresh, ids, strict=True):
            self._make(each, lead_id)
        for each in people:
            if each.x_user_id in known:
                self._revise(known[each.x_user_id], each)

    def leave_echoes(self) -> None:
        """Write what stays where leads stood. Before they move: until then, echoes say nothing."""
        if self._echoes:
            with EchoItem.batch_write() as writer:
                for echo in self._echoes:
                    writer.save(echo)

    def write(self, write: db.Write) -> None:
        """Add leads and tallies to the transaction."""
        for lead in self._made:
            write.save(lead, condition=LeadItem.person.does_not_exist())
        for lead, stands in self._moved:
            write.update(
                LeadItem(lead.stream_id, lead.person), actions=_as_it_is(lead), condition=stands
            )
        self._changes.write(write)

    def _known(self, people: Sequence[Judged]) -> dict[str, LeadItem]:
        run = self._run
        keys = [(run.stream_id, person_key(run.account_id, each.x_user_id)) for each in people]
        return {str(lead.profile["id"]): lead for lead in LeadItem.find_all(keys)}

    def _make(self, judged: Judged, lead_id: int) -> None:
        run, analysis = self._run, judged.analysis
        lead = LeadItem(
            run.stream_id,
            person_key(run.account_id, judged.x_user_id),
            lead_id=lead_id,
            user_id=run.user_id,
            account_id=run.account_id,
            run_id=run.run_id,
            source=self._source,
            profile=analysis.profile.to_dict(),
            gender=analysis.gender.gender,
            follower_tier=analysis.tier,
            has_matched=judged.verdict.confidence is not None,
        )
        lead.discover(self._now)
        self._settle(lead, judged)
        self._made.append(lead)
        self._changes.comes(lead)
        self.entered += lead.confidence is not None

    def _revise(self, lead: LeadItem, judged: Judged) -> None:
        """Change a lead as far as the run may; feedback and export are nobody's but the user's."""
        verdict, run = judged.verdict, self._run
        if rules.stays(
            lead.confidence,
            lead.segment_id,
            verdict.confidence,
            is_exported=lead.exported_at is not None,
            is_retest=run.mode == RETEST,
            beside=self._beside,
        ):
            return
        before, stands, matched = _as_judged(lead), lead.unmoved(), lead.confidence is not None
        self._changes.goes(lead)
        self._settle(lead, judged)
        self._changes.comes(lead)
        if _as_judged(lead) != before:
            self._moved.append((lead, stands))
        self.entered += not matched and lead.confidence is not None
        if matched and lead.confidence is None:
            self.left_why[rules.why_left(next(iter(verdict.reasons), ""))] += 1

    def _settle(self, lead: LeadItem, judged: Judged) -> None:
        """Give the lead the verdict, and the places on shelves that come with it."""
        verdict, run = judged.verdict, self._run
        if verdict.confidence is not None and lead.confidence is None:
            lead.run_id = run.run_id
            if not lead.has_matched:
                lead.has_matched = True
                echo = lead.discover(self._now)
                self._echoes += [echo] if echo else []
        lead.confidence = verdict.confidence
        lead.segment_id = run.segment_id if verdict.confidence else None
        lead.reasons = list(verdict.reasons)
        lead.labels = judged.analysis.label_names()
        lead.place()


def _as_judged(lead: LeadItem) -> tuple[object, ...]:
    return lead.confidence, lead.segment_id, lead.reasons, lead.labels


def _as_it_is(lead: LeadItem) -> list[Action]:
    """The update of all that a run may change in a lead."""
    return [
        db.put(LeadItem.confidence, lead.confidence),
        db.put(LeadItem.segment_id, lead.segment_id),
        LeadItem.reasons.set(lead.reasons),
        LeadItem.labels.set(lead.labels),
        LeadItem.run_id.set(lead.run_id),
        LeadItem.has_matched.set(lead.has_matched),
        LeadItem.discovered_at.set(lead.discovered_at),
        db.put(LeadItem.moved_at, lead.moved_at),
        LeadItem.rank.set(lead.rank),
        *lead.place(),
    ]
