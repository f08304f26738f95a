"""Who is asked for a person's contacts, in which order: the profile first, then each provider."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.enrichment import stated
from chalicelib.enrichment.contacts import suits
from chalicelib.profile import Profile
from chalicelib.telemetry import logger
from chalicelib.upstreams import Errand
from chalicelib.upstreams.contacts import (
    EMAIL,
    LINKEDIN,
    ContactFinder,
    Email,
    EmailMode,
    Found,
    LinkedIn,
    Output,
    Person,
)
from chalicelib.upstreams.domains import own_domain
from chalicelib.upstreams.errors import Claimed, Missing, Rejected, Unavailable
from chalicelib.upstreams.health import Health

BUDGET_SECONDS = 16.0
"""For the whole chain: API Gateway gives up after 29 s, and X may have been asked before."""
NEXT_TRY_SECONDS = 30.0


@dataclass(slots=True)
class Search:
    """A look-up under way, and at its end what came of it."""

    person: Person
    mode: EmailMode
    missing: set[Output]
    """Asked, and neither found nor claimed yet."""
    linkedin: LinkedIn | None = None
    email: Email | None = None
    is_claimed: bool = False
    answered: set[Output] = field(default_factory=set)
    """For which some provider said that it knows nothing."""
    unanswered: set[Output] = field(default_factory=set)
    """For which some provider gave no answer."""
    retry_after: float = NEXT_TRY_SECONDS

    @property
    def failed(self) -> frozenset[Output]:
        """Outputs that could not be looked up: nobody who was asked for them answered."""
        return frozenset((self.missing & self.unanswered) - self.answered)

    def wanted_of(self, finder: ContactFinder) -> frozenset[Output]:
        """What the finder may add."""
        wanted = self.missing & finder.finds
        if self.mode == "verified" and not finder.verifies:
            wanted -= {EMAIL}
        return frozenset(wanted) if finder.can_look_for(self.person) else frozenset()

    def take(self, found: Found) -> None:
        """Keep what was asked for; use the rest as clues."""
        if found.linkedin is not None:
            if LINKEDIN in self.missing:
                self.linkedin = found.linkedin
                self.missing.discard(LINKEDIN)
            if self.person.linkedin_url is None:
                self.person = replace(self.person, linkedin_url=found.linkedin.url)
        if EMAIL in self.missing and suits(found.email, self.mode):
            self.email = found.email
            self.missing.discard(EMAIL)
        if self.person.domain is None:
            of_email = own_domain(found.email.address.partition("@")[2]) if found.email else None
            self.person = replace(self.person, domain=found.domain or of_email)


class Chain:
    """Asks until everything is found, skipping those known to be down. One serves all threads.

    `budget` is seconds for a whole look-up.
    """

    def __init__(
        self,
        finders: Sequence[ContactFinder],
        health: Health,
        *,
        budget: float = BUDGET_SECONDS,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._finders = tuple(finders)
        self._health = health
        self._budget = budget
        self._now = now

    def look_up(self, profile: Profile, outputs: Collection[Output], mode: EmailMode) -> Search:
        """Look for the outputs. Never raises for a provider: what failed is in the answer."""
        search = Search(stated.person_of(profile), mode, set(outputs))
        search.take(stated.found_in(profile))
        until = self._now() + timedelta(seconds=self._budget)
        for place, finder in enumerate(self._finders):
            wanted = search.wanted_of(finder)
            if wanted:
                # An equal share of what is left, so that a slow one leaves time for the next.
                share = (until - self._now()) / (len(self._finders) - place)
                self._ask(finder, search, wanted, Errand(self._now() + share))
        return search

    def _ask(
        self, finder: ContactFinder, search: Search, wanted: frozenset[Output], errand: Errand
    ) -> None:
        if not self._health.allows(finder.name):
            search.unanswered |= wanted
            search.retry_after = self._health.rest_left(finder.name) or NEXT_TRY_SECONDS
            return
        try:
            search.take(finder.find(search.person, search.mode, errand))
        except Unavailable as fault:
            self._note(finder, search, wanted, fault)
            return
        except Claimed:
            search.is_claimed = True
            search.missing.discard(EMAIL)
        except Missing:
            pass  # an answer: this provider knows nothing
        search.answered |= wanted
        self._health.succeeded(finder.name)

    def _note(
        self,
        finder: ContactFinder,
        search: Search,
        wanted: frozenset[Output],
        fault: Unavailable,
    ) -> None:
        """A request that was rejected counts as answered: the person's data did not suit it."""
        kind = type(fault).__name__
        logger.warning("finder failed", extra={"provider": finder.name, "fault": kind})
        self._health.failed(finder.name, fault)
        if isinstance(fault, Rejected):
            search.answered |= wanted
        else:
            search.unanswered |= wanted
            search.retry_after = fault.retry_after or NEXT_TRY_SECONDS
