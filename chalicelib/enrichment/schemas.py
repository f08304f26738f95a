"""Enrichments on the wire: snake_case in, a mix out, as the published API has it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from chalicelib.enrichment.contacts import Contacts
from chalicelib.enrichment.enriching import Enrichment, Wanted
from chalicelib.http.schema import Id, Input, Output, absent
from chalicelib.profile import Profile
from chalicelib.upstreams import contacts
from chalicelib.upstreams.contacts import Confidence, EmailMode, EmailStatus

RouteType = Literal["linkedin_url", "email", "website"]


def _distinct(outputs: list[contacts.Output]) -> list[contacts.Output]:
    if len(set(outputs)) < len(outputs):
        raise ValueError("must not name an output twice")
    return outputs


RequestedOutputs = Annotated[
    list[contacts.Output],
    Field(min_length=1, max_length=2, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_distinct),
]


class EnrichRequest(Input):
    """What to find, and which addresses count."""

    model_config = ConfigDict(alias_generator=None)

    requested_outputs: RequestedOutputs
    email_mode: EmailMode = "any"

    def wanted(self) -> Wanted:
        """The request as the service takes it."""
        return Wanted(tuple(self.requested_outputs), self.email_mode)


class LinkedInShown(Output):
    """A LinkedIn page."""

    url: str
    confidence: Confidence


class EmailShown(Output):
    """An e-mail address."""

    address: str
    status: EmailStatus
    provider: str


class Result(Output):
    """What was found; `failed` lists asked outputs that could not be looked up, if any."""

    ok: bool
    kind: Literal["resolved", "partial", "not_found"]
    linkedin: LinkedInShown | None
    email: EmailShown | None
    failed: list[contacts.Output] = absent()


class ContactRoute(Output):
    """One way to reach the person."""

    route_type: RouteType
    value: str
    confidence: Confidence


class Enriched(Output):
    """The answer to an enrichment: its result, and every known way to reach the person."""

    model_config = ConfigDict(alias_generator=None)

    x_profile_id: str
    result: Result
    credits_remaining: int
    contact_routes: list[ContactRoute]


class LeadEnriched(Enriched):
    """The answer to the enrichment of a lead."""

    lead_id: Id = Field(serialization_alias="leadId")


def result_of(done: Enrichment) -> Result:
    """The result as the wire and the history show it."""
    found = sum(value is not None for value in (done.linkedin, done.email))
    whole = found == len(done.wanted.outputs)
    result = Result(
        ok=found > 0,
        kind="resolved" if whole else "partial" if found else "not_found",
        linkedin=_linkedin(done.linkedin),
        email=_email(done.email),
    )
    return result.model_copy(update={"failed": list(done.failed)}) if done.failed else result


def _linkedin(found: contacts.LinkedIn | None) -> LinkedInShown | None:
    return LinkedInShown(url=found.url, confidence=found.confidence) if found else None


def _email(found: contacts.Email | None) -> EmailShown | None:
    if found is None:
        return None
    return EmailShown(address=found.address, status=found.status, provider=found.provider)


def routes_of(known: Contacts, profile: Profile) -> list[ContactRoute]:
    """Every known way to reach a person, the website of the profile included."""
    found = []
    if known.linkedin is not None:
        found.append(_route("linkedin_url", known.linkedin.url, known.linkedin.confidence))
    if known.email is not None:
        sure: Confidence = "high" if known.email.status == "verified" else "medium"
        found.append(_route("email", known.email.address, sure))
    if profile.url:
        found.append(_route("website", profile.url, "high"))
    return found


def _route(kind: RouteType, value: str, confidence: Confidence) -> ContactRoute:
    return ContactRoute(route_type=kind, value=value, confidence=confidence)


def shown(done: Enrichment, credits_remaining: int) -> Enriched:
    """An enrichment as the wire shows it."""
    return Enriched(
        x_profile_id=done.profile.id,
        result=result_of(done),
        credits_remaining=credits_remaining,
        contact_routes=routes_of(done.known, done.profile),
    )
