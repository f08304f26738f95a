"""/lookups and lead enrichment: one-shot questions about a person, or about a description."""

from __future__ import annotations

from typing import Annotated

from chalicelib import errors, wiring
from chalicelib.auth.caller import Caller
from chalicelib.billing import credits
from chalicelib.enrichment.enriching import Enrichment, enrich
from chalicelib.enrichment.schemas import Enriched, EnrichRequest, LeadEnriched, shown
from chalicelib.http.router import PathId, Reply, Router
from chalicelib.lookups import description, history, leads, people
from chalicelib.lookups.schemas import (
    HistoryQuery,
    LookupEmail,
    LookupEnrich,
    LookupHistory,
    SegmentDescription,
    SegmentUnderstood,
)
from chalicelib.lookups.table import ENRICH, ENRICH_EMAIL

router = Router()

_OF_CREDITS = [errors.NoTeam, errors.CreditsExhausted, errors.EnrichmentUnavailable]
_OF_PEOPLE = [errors.HandleNotFound, errors.ProfileMissing, errors.HandleLookupFailed]


@router.post(
    "/leads/{lead_id}/enrich",
    errors=[errors.EnrichLeadNotFound, errors.ProfileMissing, *_OF_CREDITS],
)
def enrich_lead(
    caller: Caller,
    lead_id: Annotated[int, PathId(errors.EnrichLeadNotFound)],
    body: EnrichRequest,
) -> LeadEnriched:
    """Find contacts of a lead; credits are charged for what is found."""
    lead = leads.find(caller.user_id, lead_id)
    profile, team = leads.profile_of(lead), credits.purse_of(caller.user_id)
    done = enrich(team, profile, body.wanted(), search=wiring.contacts(), beside=leads.kept(lead))
    return LeadEnriched(lead_id=lead_id, **dict(_answer(caller.user_id, done)))


@router.post("/lookups/enrich", auth="bearer", errors=[*_OF_PEOPLE, *_OF_CREDITS])
def lookup_enrich(caller: Caller, body: LookupEnrich) -> Enriched:
    """Find contacts of anybody on X; credits are charged for what is found."""
    return _look_up(caller.user_id, body, ENRICH)


@router.post("/lookups/enrich-email", auth="bearer", errors=[*_OF_PEOPLE, *_OF_CREDITS])
def lookup_email(caller: Caller, body: LookupEmail) -> Enriched:
    """Find the e-mail address of anybody on X; a credit is charged when it is found."""
    return _look_up(caller.user_id, body, ENRICH_EMAIL)


def _look_up(user_id: int, body: LookupEnrich | LookupEmail, kind: str) -> Enriched:
    team = credits.purse_of(user_id)
    done = enrich(
        team,
        people.find(body, wiring.profiles()),
        body.wanted(),
        search=wiring.contacts(),
        beside=history.kept(user_id, kind),
    )
    return _answer(user_id, done)


def _answer(user_id: int, done: Enrichment) -> Enriched:
    return shown(done, credits.balance(credits.purse_of(user_id)))


@router.get("/lookups/enrich/history", auth="bearer", errors=[errors.CursorMismatch])
def list_enrich_lookups(caller: Caller, query: HistoryQuery) -> LookupHistory:
    """List the look-ups of contacts, newest first."""
    return history.page(caller.user_id, ENRICH, query)


@router.get("/lookups/enrich-email/history", auth="bearer", errors=[errors.CursorMismatch])
def list_email_lookups(caller: Caller, query: HistoryQuery) -> LookupHistory:
    """List the look-ups of e-mail addresses, newest first."""
    return history.page(caller.user_id, ENRICH_EMAIL, query)


@router.post("/lookups/segments/from-description", status=201, also=[200], auth="bearer")
def segment_from_description(caller: Caller, body: SegmentDescription) -> Reply[SegmentUnderstood]:
    """Read a description as filters and make a segment of them (200 on a dry run)."""
    understood = description.understand(caller.user_id, body)
    return Reply(understood, status=200 if body.dry_run else 201)
