"""Exporting a lead: it leaves the new ones, once and for all."""

from __future__ import annotations

from datetime import datetime

from chalicelib import clock, db
from chalicelib.errors import LeadNotFound
from chalicelib.leads.schemas import LeadExported
from chalicelib.leads.table import LeadItem
from chalicelib.leads.tally import Changes


def export(user_id: int, lead_id: int) -> LeadExported:
    """Mark the lead exported; a repeat keeps the first time. Two round trips.

    Raises LeadNotFound. The rank stays, so that lists go on where they were.
    """
    lead = LeadItem.with_public_id(user_id, lead_id)
    try:
        at = _exported(lead)
    except db.Conflict:  # it changed, and the index of ids had not heard of it
        at = _exported_as_stored(lead)
    return LeadExported(ok=True, lead_id=lead_id, exported_at=at)


@db.retried_on_conflict
def _exported_as_stored(known: LeadItem) -> datetime:
    lead = LeadItem.find(known.stream_id, known.person)
    if lead is None:
        raise LeadNotFound
    return _exported(lead)


def _exported(lead: LeadItem) -> datetime:
    """When it was exported: before, or now. Raises Conflict when the lead is not so any more."""
    if lead.exported_at is not None:
        return lead.exported_at
    changes, stands = Changes(lead.user_id, lead.stream_id), lead.unmoved()
    changes.goes(lead)
    lead.exported_at = now = clock.now().replace(microsecond=0)
    changes.comes(lead)
    with db.transaction() as write:
        write.update(
            LeadItem(lead.stream_id, lead.person),
            actions=[LeadItem.exported_at.set(now), *lead.place()],
            condition=stands,
        )
        changes.write(write)
    return now
