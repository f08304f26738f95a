"""Leads: the people whom runs found."""

from __future__ import annotations

from typing import Annotated

from chalicelib import errors
from chalicelib.auth.caller import Caller
from chalicelib.http.router import PathId, Router
from chalicelib.leads import listing
from chalicelib.leads.schemas import LeadList, LeadsQuery, LeadSummary

router = Router()


@router.get("/streams/{stream_id}/leads", errors=[errors.StreamNotFound, errors.CursorMismatch])
def list_leads_of_stream(
    caller: Caller, stream_id: Annotated[int, PathId(errors.StreamNotFound)], query: LeadsQuery
) -> LeadList | LeadSummary:
    """List the leads of a stream, newest first, or count them with `summary=true`."""
    return listing.of_stream(caller.user_id, stream_id, query)
