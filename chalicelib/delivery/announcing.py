"""A run closed, a verdict was given: who is told, and by which messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib import clock, db, queues
from chalicelib.auth.users import SELF, UserItem
from chalicelib.delivery.edges import Edges
from chalicelib.delivery.messages import (
    DiscoveredLeads,
    JudgedLead,
    LeadFeedbackMessage,
    LeadsDiscoveredMessage,
)
from chalicelib.delivery.posting import Said, digest_of, post
from chalicelib.delivery.receivers import Receiver, as_receiver, subscribed
from chalicelib.leads.jobs import AnnounceFeedback
from chalicelib.leads.schemas import LeadFeedback, shown
from chalicelib.leads.table import LeadItem
from chalicelib.notices.announcing import notices_of
from chalicelib.runs.found import leads_of
from chalicelib.runs.jobs import Announce
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StreamItem

MOST_LEADS: Final = 100
"""In one message (contract, webhooks)."""
LOOKS: Final = (timedelta(seconds=2), timedelta(seconds=15))
"""When the index of leads, a moment behind its table, is asked again for those that are missing."""
VERDICT_WAITS: Final = (timedelta(seconds=5), timedelta(seconds=60))
"""When a verdict that is not there yet is looked for again; a request ends after 29 s."""


def announce(job: Announce, edges: Edges) -> None:
    """Have everybody told who wants to know of this run. May be repeated."""
    run, stream, user = db.find_together(
        (RunItem, job.stream_id, job.run_id),
        (StreamItem, job.user_id, StreamItem.at(job.stream_id)),
        (UserItem, job.user_id, SELF),
    )
    if run is None or stream is None or user is None or not run.is_over:
        return
    if not job.looked:
        queues.send(notices_of(user, stream, run))
    receivers = _of_discovered(stream) if run.entered else []
    if not receivers:
        return
    leads = list(leads_of(run))
    if len(leads) < run.entered and job.looked < len(LOOKS):
        edges.later(job.model_copy(update={"looked": job.looked + 1}), LOOKS[job.looked])
        return
    said = {digest_of(dict(each.filter)): each for each in receivers}
    told = {about: _discovered(run, about, each.chosen(leads)) for about, each in said.items()}
    post(job.user_id, [(each, told[digest_of(dict(each.filter))]) for each in receivers])


def _of_discovered(stream: StreamItem) -> list[Receiver]:
    now = clock.now()
    own = as_receiver(stream, stream.stream_id, now)
    return [*subscribed(stream.user_id, now, verdict=None), *([own] if own else [])]


def _discovered(run: RunItem, about: str, leads: Sequence[LeadItem]) -> list[Said]:
    """What all receivers with one filter are told of a run; `about` tells filters apart."""
    at = run.completed_at or run.triggered_at
    return [
        Said(
            body_id=f"{run.run_id:016d}#{about}#{number:04d}",
            event="leads.discovered",
            at=at,
            message=LeadsDiscoveredMessage(
                type="leads.discovered",
                timestamp=at,
                data=DiscoveredLeads(
                    stream_id=run.stream_id,
                    stream_name=run.stream_name,
                    run_id=run.run_id,
                    leads=[shown(lead) for lead in batch],
                ),
            ),
        )
        for number, batch in enumerate(_batches(leads))
    ]


def _batches(leads: Sequence[LeadItem]) -> Iterator[Sequence[LeadItem]]:
    for start in range(0, len(leads), MOST_LEADS):
        yield leads[start : start + MOST_LEADS]


def announce_feedback(job: AnnounceFeedback, edges: Edges) -> None:
    """Have everybody told who wants to know of this verdict. May be repeated.

    The message was sent before the verdict was stored, so it may come first; one whose verdict was
    replaced meanwhile says nothing, because the message of its successor does.
    """
    stream, lead = db.find_together(
        (StreamItem, job.user_id, StreamItem.at(job.stream_id)),
        (LeadItem, job.stream_id, job.person),
    )
    if stream is None or lead is None:
        return
    verdict = lead.verdicts.as_dict().get(str(job.segment_id), {})
    if verdict.get("at") != job.given_at:
        if verdict.get("at", "") < job.given_at and job.looked < len(VERDICT_WAITS):
            again = job.model_copy(update={"looked": job.looked + 1})
            edges.later(again, VERDICT_WAITS[job.looked])
        return
    receivers = [
        each
        for each in subscribed(job.user_id, clock.now(), verdict=verdict["feedback"])
        if each.chosen([lead])
    ]
    said = _judged(stream, lead, verdict)
    post(job.user_id, [(each, [said]) for each in receivers])


def _judged(stream: StreamItem, lead: LeadItem, verdict: dict[str, Any]) -> Said:
    at = datetime.fromisoformat(verdict["at"])
    given = {name: value for name, value in verdict.items() if name != "at"}
    return Said(
        body_id=f"{lead.lead_id:016d}#{digest_of(verdict)}",
        event="lead.feedback",
        at=at,
        message=LeadFeedbackMessage(
            type="lead.feedback",
            timestamp=at,
            data=JudgedLead(
                stream_id=stream.stream_id,
                stream_name=stream.name,
                lead=shown(lead),
                feedback=LeadFeedback(**given),
            ),
        ),
    )
