"""Exporting a lead: it leaves the new ones, once and for all."""

from __future__ import annotations

from chalicelib import clock, db
from chalicelib.errors import LeadNotFound
from chalicelib.leads.schemas import LeadExported
from chalicelib.leads.table import LeadItem, key_of, shelf
from chalicelib.leads.tally import Changes


@db.retried_on_conflict
def export(user_id: int, lead_id: int) -> LeadExported:
    """Mark the lead exported; a repeat keeps the first time. Three round trips.

    Raises LeadNotFound. The rank stays, so that lists go on where they were.
    """
    lead = LeadItem.find(*key_of(lead_id))
    if lead is None or lead.user_id != user_id:
        raise LeadNotFound
    if lead.exported_at is None:
        _move(lead)
    return LeadExported(ok=True, lead_id=lead_id, exported_at=lead.exported_at)


def _move(lead: LeadItem) -> None:
    """Move lead and counts in one transaction. Raises Conflict when a re-test was faster."""
    changes, stands = Changes(lead.user_id, lead.stream_id), lead.unmoved()
    changes.goes(lead)
    lead.exported_at = clock.now().replace(microsecond=0)
    changes.comes(lead)
    with db.transaction() as write:
        write.update(
            LeadItem(lead.stream_id, lead.person),
            actions=[
                LeadItem.exported_at.set(lead.exported_at),
                LeadItem.stream_shelf.set(shelf(lead.stream_id, lead.shelf_name)),
                LeadItem.user_shelf.set(shelf(lead.user_id, lead.shelf_name)),
            ],
            condition=stands,
        )
        changes.write(write)
