"""One enrichment, start to end: what is stored, a hold on credits, the look-up, the bill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib import db
from chalicelib.auth.users import UserItem
from chalicelib.billing import credits, low_balance
from chalicelib.enrichment import contacts
from chalicelib.enrichment.chain import Search
from chalicelib.enrichment.contacts import Contacts, suits
from chalicelib.errors import EnrichmentUnavailable
from chalicelib.profile import Profile
from chalicelib.upstreams.contacts import EMAIL, LINKEDIN, Email, EmailMode, LinkedIn, Output


class ContactSearch(Protocol):
    """Looks for a person's contacts."""

    def look_up(self, profile: Profile, outputs: Sequence[Output], mode: EmailMode) -> Search:
        """Never raises for a provider: what failed is in the answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for."""

    outputs: tuple[Output, ...]
    mode: EmailMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """What a request gets."""

    profile: Profile
    wanted: Wanted
    linkedin: LinkedIn | None
    email: Email | None
    failed: tuple[Output, ...]
    """Asked outputs that could not be looked up."""
    known: Contacts
    """Everything that the team knows of the person now."""
    spent: int
    """Credits."""


Beside = Callable[[db.Write, Enrichment], None]
"""Writes what a room wants kept of an enrichment, in the transaction that bills it."""


def enrich(
    team: UserItem, profile: Profile, wanted: Wanted, *, search: ContactSearch, beside: Beside
) -> Enrichment:
    """Find contacts of a person and charge for each that was found and not stored before.

    Raises CreditsExhausted before anybody is asked, EnrichmentUnavailable when no asked output
    could be looked up; then nothing is charged or kept.
    """
    known = contacts.of(team.user_id, profile.id)
    missing = [output for output in wanted.outputs if known.needs(output, wanted.mode)]
    if not missing:
        return _written(_enrichment(profile, wanted, known), beside)
    hold = credits.reserve(team, len(missing))
    try:
        found = search.look_up(profile, missing, wanted.mode)
        if found.failed.issuperset(wanted.outputs):
            seconds = str(max(1, round(found.retry_after)))
            raise EnrichmentUnavailable(headers={"Retry-After": seconds})
        done = _billed(team.user_id, profile, wanted, found=found, hold=hold, beside=beside)
    except Exception:
        credits.give_back(team.user_id, hold)
        raise
    low_balance.look_after(team, done.spent)
    return done


@db.retried_on_conflict
def _billed(
    user_id: int,
    profile: Profile,
    wanted: Wanted,
    *,
    found: Search,
    hold: credits.Hold,
    beside: Beside,
) -> Enrichment:
    """Settle the hold and keep what was found, in one transaction.

    What another request stored meanwhile is not charged again.
    """
    known = contacts.of(user_id, profile.id)
    new = [
        output
        for output, value in ((LINKEDIN, found.linkedin), (EMAIL, found.email))
        if value is not None and known.needs(output, wanted.mode)
    ]
    known = known.claimed() if found.is_claimed else known
    known = known.with_found(
        found.linkedin if LINKEDIN in new else None, found.email if EMAIL in new else None
    )
    done = _enrichment(profile, wanted, known, failed=found.failed, spent=len(new))
    with db.transaction() as write:
        credits.settle(write, user_id, hold, spent=done.spent)
        if new or found.is_claimed:
            contacts.save(write, known)
        beside(write, done)
    return done


def _enrichment(
    profile: Profile,
    wanted: Wanted,
    known: Contacts,
    *,
    failed: frozenset[Output] = frozenset(),
    spent: int = 0,
) -> Enrichment:
    """The asked outputs among what is known and fresh."""
    has = {output for output in wanted.outputs if known.answers(output, wanted.mode)}
    return Enrichment(
        profile=profile,
        wanted=wanted,
        linkedin=known.linkedin if LINKEDIN in has else None,
        email=known.email if EMAIL in has and suits(known.email, wanted.mode) else None,
        failed=tuple(output for output in wanted.outputs if output in failed - has),
        known=known,
        spent=spent,
    )


def _written(done: Enrichment, beside: Beside) -> Enrichment:
    with db.transaction() as write:
        beside(write, done)
    return done
