"""What e-mail finders are told of a person, and what they hand back in our own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from chalicelib.upstreams import Errand

Output = Literal["linkedin_url", "email"]
EmailMode = Literal["verified", "any"]
Confidence = Literal["high", "medium"]
EmailStatus = Literal["verified", "likely", "accept_all", "unverified"]

LINKEDIN: Output = "linkedin_url"
EMAIL: Output = "email"


@dataclass(frozen=True, slots=True)
class LinkedIn:
    """A person's LinkedIn page, as `https://linkedin.com/in/...`."""

    url: str
    confidence: Confidence
    provider: str


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address, and how sure its provider is that mail arrives."""

    address: str
    status: EmailStatus
    provider: str


def address_of(told: object) -> str | None:
    """What a provider gives as an address, in lower case; None for what is none: that is a miss.

    An address that is hidden comes with stars in it.
    """
    # Imported when the first provider answers: most calls of the API look nobody up.
    from email_validator import EmailNotValidError, validate_email

    if not isinstance(told, str) or "*" in told:
        return None
    address = told.strip().lower()
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return None
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom to look for: what the profile says, and what earlier providers added."""

    handle: str
    name: tuple[str, str] | None = None
    """First and last, where the profile gives both."""
    domain: str | None = None
    """Of the person's own or employer's site."""
    linkedin_url: str | None = None
    site: str | None = None
    """The page that the profile links to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one provider knows; nothing found is all None."""

    linkedin: LinkedIn | None = None
    email: Email | None = None
    domain: str | None = None
    """The employer's site: no answer to anybody, but a clue for the next provider."""


class ContactFinder(Protocol):
    """What an e-mail finder must be able to do for us."""

    @property
    def name(self) -> str:
        """Shown as the provider of what it found."""

    @property
    def finds(self) -> frozenset[Output]:
        """What it is asked for; whatever else it hands back is taken as well."""

    @property
    def verifies(self) -> bool:
        """Whether it can vouch for an address, so that asking it for a verified one makes sense."""

    def can_look_for(self, person: Person) -> bool:
        """Whether enough is known of the person to ask."""

    def find(self, person: Person, mode: EmailMode, errand: Errand) -> Found:
        """Ask once. Raises Missing, Claimed or Unavailable."""
