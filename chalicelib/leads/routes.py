"""Leads: the people whom runs found."""

from __future__ import annotations

from typing import Annotated

from chalicelib import errors
from chalicelib.auth.caller import Caller
from chalicelib.http.router import PathId, Router
from chalicelib.leads import feedback, grouping, listing
from chalicelib.leads.export import export
from chalicelib.leads.schemas import (
    AllLeadsQuery,
    FeedbackGiven,
    FeedbackTaken,
    LeadExported,
    LeadGroups,
    LeadList,
    LeadsQuery,
    LeadSummary,
)

router = Router()
LeadId = Annotated[int, PathId(errors.LeadNotFound)]
_LISTING = [
    errors.StreamNotFound,
    errors.AccountNotFound,
    errors.SegmentNotFound,
    errors.CursorMismatch,
]


@router.get("/streams/{stream_id}/leads", errors=_LISTING)
def list_leads_of_stream(
    caller: Caller, stream_id: Annotated[int, PathId(errors.StreamNotFound)], query: LeadsQuery
) -> LeadList | LeadSummary:
    """List the leads of a stream, newest first, or count them with `summary=true`."""
    return listing.of_stream(caller.user_id, stream_id, query)


@router.get("/leads", errors=_LISTING)
def list_leads(caller: Caller, query: AllLeadsQuery) -> LeadList | LeadSummary | LeadGroups:
    """List the leads of all streams, newest first, or stream by stream with `groupBy=stream`."""
    if query.group_by is not None:
        return grouping.by_stream(caller.user_id, query)
    return listing.of_user(caller.user_id, query)


@router.post("/leads/{lead_id}/feedback", errors=[errors.LeadNotFound, errors.SavedSearchNotFound])
def give_feedback(caller: Caller, lead_id: LeadId, body: FeedbackGiven) -> FeedbackTaken:
    """Say whether a lead fits; a repeat replaces the verdict."""
    feedback.give(caller.user_id, lead_id, body)
    return FeedbackTaken(ok=True)


@router.post("/leads/{lead_id}/export", errors=[errors.LeadNotFound])
def export_lead(caller: Caller, lead_id: LeadId) -> LeadExported:
    """Mark a lead exported; the first time stands."""
    return export(caller.user_id, lead_id)
