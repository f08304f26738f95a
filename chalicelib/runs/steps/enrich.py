"""Look for contacts of a batch's new leads, where their stream asks for it.

The leads are stored by then, and the run waits only so that what is found goes out with them. A
lead is looked up once for a run: what says so is written in the transaction that bills it. Whatever
fails here fails no run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib import db, queues, telemetry
from chalicelib.billing import credits
from chalicelib.enrichment.enriching import Beside, ContactSearch, Enrichment, Wanted, enrich
from chalicelib.errors import CreditsExhausted, EnrichmentUnavailable, NoTeam
from chalicelib.leads.table import LeadItem, person_key
from chalicelib.lookups.leads import as_kept, profile_of
from chalicelib.runs.audience import BatchItem
from chalicelib.runs.closing import close_if_done
from chalicelib.runs.jobs import EnrichLeads
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StreamItem
from chalicelib.upstreams.contacts import EMAIL, LINKEDIN, EmailMode


@dataclass(slots=True)
class _Tally:
    """How one job went on."""

    missed: int
    """Leads that could not be looked up."""
    is_spent: bool = False
    """Credits ran out."""


def enrich_leads(
    job: EnrichLeads, search: Callable[[], ContactSearch], seconds_left: Callable[[], float]
) -> None:
    """Look up leads of the batch while there is time, then hand the rest on. May be repeated.

    Between two leads it looks at the time: each may take as long as the whole chain of finders.
    """
    run = RunItem.find(job.run.stream_id, job.run.run_id)
    if run is None or run.is_over or job.batch_no not in (run.enriching or ()):
        return
    wanted = _wanted(job)
    tally = _Tally(job.missed)
    for lead in _leads(run, job) if wanted else ():
        if seconds_left() <= 0:
            after = str(lead.profile["id"])
            queues.send([job.model_copy(update={"first": after, "missed": tally.missed})])
            return
        if lead.enriched_for != run.run_id and wanted:
            _look_up(run, lead, wanted, search(), tally)
        if tally.is_spent:
            break
    finish_enriching(run, job.batch_no, missed=tally.missed, is_spent=tally.is_spent)


def finish_enriching(run: RunItem, batch_no: int, *, missed: int = 0, is_spent: bool) -> None:
    """The run need not wait for the batch's contacts any more. May be repeated."""
    actions = [RunItem.enriching.delete({batch_no}), RunItem.enrich_missed.add(missed)]
    try:
        with db.conditional():
            RunItem(run.stream_id, run.run_id).update(
                actions=[*actions, *([RunItem.is_out_of_credits.set(True)] if is_spent else [])],
                condition=RunItem.enriching.contains(batch_no),
            )
    except db.Conflict:
        pass  # a repeat
    close_if_done(run.stream_id, run.run_id)


def let_be(job: EnrichLeads) -> None:
    """Close without contacts that nobody could look for; the job waits in the dead-letter queue."""
    run = RunItem.find(job.run.stream_id, job.run.run_id)
    if run is not None:
        finish_enriching(run, job.batch_no, is_spent=False)


def _wanted(job: EnrichLeads) -> Wanted | None:
    """What the stream asks for now; None when it asks for nothing any more."""
    stream = StreamItem.find(job.user_id, StreamItem.at(job.run.stream_id))
    if stream is None:
        return None
    asked = ((LINKEDIN, stream.auto_enrich_linkedin), (EMAIL, stream.auto_enrich_email))
    outputs = tuple(output for output, is_asked in asked if is_asked)
    mode: EmailMode = "verified" if stream.email_mode == "verified" else "any"
    return Wanted(outputs, mode) if outputs else None


def _leads(run: RunItem, job: EnrichLeads) -> Sequence[LeadItem]:
    """The batch's people who match since this run, in the order of their X ids."""
    batch = BatchItem.get(job.account_id, job.batch_no, consistent_read=True)
    keys = [
        (run.stream_id, person_key(job.account_id, profile.id))
        for profile in batch.profiles
        if profile.id >= job.first
    ]
    new = [
        lead
        for lead in LeadItem.find_all(keys)
        if lead.run_id == run.run_id and lead.confidence is not None
    ]
    return sorted(new, key=lambda lead: str(lead.profile["id"]))


def _look_up(
    run: RunItem, lead: LeadItem, wanted: Wanted, search: ContactSearch, tally: _Tally
) -> None:
    try:
        team = credits.purse_of(run.user_id)
        enrich(team, profile_of(lead), wanted, search=search, beside=_kept(run, lead))
    except (CreditsExhausted, NoTeam):
        tally.is_spent = True
    except EnrichmentUnavailable:
        tally.missed += 1
    except db.Conflict:
        now = LeadItem.find(lead.stream_id, lead.person)
        tally.missed += now is not None and now.enriched_for != run.run_id
    else:
        telemetry.count("LeadsEnriched", 1)


def _kept(run: RunItem, lead: LeadItem) -> Beside:
    """Shows in the lead what was found, and counts it for the run, once."""

    def keep(write: db.Write, done: Enrichment) -> None:
        has_found = done.linkedin is not None or done.email is not None
        write.update(
            LeadItem(lead.stream_id, lead.person),
            actions=[
                db.put(LeadItem.enrichment, as_kept(done)),
                LeadItem.enriched_for.set(run.run_id),
            ],
            condition=LeadItem.person.exists()
            & (LeadItem.enriched_for.does_not_exist() | (LeadItem.enriched_for != run.run_id)),
        )
        write.update(
            RunItem(run.stream_id, run.run_id),
            actions=[RunItem.enriched.add(int(has_found)), RunItem.enrich_tried.add(1)],
        )

    return keep
