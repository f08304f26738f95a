"""Enriching a lead: the person behind it, and what is shown of the result in the lead."""

from __future__ import annotations

from typing import Any

from chalicelib import clock, db
from chalicelib.enrichment.enriching import Beside, Enrichment
from chalicelib.errors import EnrichLeadNotFound, LeadNotFound, ProfileMissing
from chalicelib.leads.schemas import SOURCES
from chalicelib.leads.table import LeadItem, key_of
from chalicelib.profile import Profile


def find(user_id: int, lead_id: int) -> LeadItem:
    """A lead of the user. Two round trips. Raises EnrichLeadNotFound."""
    try:
        lead = LeadItem.find(*key_of(lead_id))
    except LeadNotFound:
        lead = None
    if lead is None or lead.user_id != user_id:
        raise EnrichLeadNotFound
    return lead


def profile_of(lead: LeadItem) -> Profile:
    """The person as last judged. Raises ProfileMissing for a lead without a profile."""
    if not lead.profile:
        raise ProfileMissing
    return Profile.from_dict(lead.profile)


def kept(lead: LeadItem) -> Beside:
    """What shows an enrichment, and all that was known before, in the lead."""

    def keep(write: db.Write, done: Enrichment) -> None:
        write.update(
            LeadItem(lead.stream_id, lead.person),
            actions=[db.put(LeadItem.enrichment, as_kept(done))],
            condition=LeadItem.person.exists(),
        )

    return keep


def as_kept(done: Enrichment) -> dict[str, Any] | None:
    """All that is known of a person's contacts, as a lead shows it."""
    linkedin, email = done.known.linkedin, done.known.email
    if linkedin is None and email is None:
        return None
    return {
        "linkedinUrl": linkedin.url if linkedin else None,
        "email": email.address if email else None,
        "emailStatus": email.status if email else None,
        SOURCES: {
            name: {"source": found.provider, "foundAt": clock.iso(at)}
            for name, found, at in (
                ("linkedinUrl", linkedin, done.known.linkedin_at),
                ("email", email, done.known.email_at),
            )
            if found is not None and at is not None
        },
    }
