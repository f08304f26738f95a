"""What callers send about streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from chalicelib.billing.plans import Tier
from chalicelib.http.related import Clash, Given, Related, one_of
from chalicelib.http.schema import (
    Id,
    Input,
    MailAddress,
    QueryFlag,
    Storable,
    absent,
    exactly_one,
)
from chalicelib.notifications.schemas import Digest, Timezone
from chalicelib.segments.schemas import Name, SegmentCreate

Handle = Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_]{1,15}$")]
Destination = Literal["leads_only", "leads_plus_webhook"]
EmailMode = Literal["verified", "any"]
MOST_RECIPIENTS = 10
"""Addresses of one stream's files, `to` and `cc` together."""


def _distinct(times: list[str]) -> list[str]:
    if len(set(times)) < len(times):
        raise ValueError("must not name a time twice")
    return sorted(times)


SyncTimes = Annotated[
    list[Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):(00|15|30|45)$")]],
    Field(max_length=96),
    AfterValidator(_distinct),
]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Recipients(Related):
    """Who gets a run's new leads as a file by mail; at most ten addresses in all."""

    to: Annotated[
        list[MailAddress],
        Field(min_length=1),
        BeforeValidator(_listed),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "array", "items": {"type": "string", "format": "email"}},
                    {"type": "string", "format": "email"},
                ]
            }
        ),
    ]
    cc: list[MailAddress] = Field(default_factory=list)
    format: Literal["csv", "xlsx"]

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """The bound is on both lists together."""
        lists = (_listed(given.get(name)) for name in ("to", "cc"))
        if sum(len(each) for each in lists if isinstance(each, list)) > MOST_RECIPIENTS:
            yield "", f"must not name more than {MOST_RECIPIENTS} addresses"

    def stored(self) -> dict[str, object]:
        """The recipients as they are kept and answered."""
        return {"to": self.to, **({"cc": self.cc} if self.cc else {}), "format": self.format}


class Pair(Related):
    """An account and a segment, each named by id or given anew."""

    model_config = ConfigDict(
        json_schema_extra=exactly_one(("accountId", "accountHandle"), ("segmentId", "segment"))
    )

    account_id: Id = absent()
    account_handle: Handle = absent()
    account_tier: Tier = "starter"
    segment_id: Id = absent()
    segment: SegmentCreate = absent()

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """Each of the two is named in one way."""
        for names in (("accountId", "accountHandle"), ("segmentId", "segment")):
            if not one_of(given, *names):
                yield "", f"must name exactly one of {' and '.join(names)}"


Pairs = Annotated[list[Pair], Field(min_length=1, max_length=50)]


class StreamFields(Input):
    """What creating and changing a stream have in common."""

    name: Name = absent()
    sync_times: SyncTimes = absent()
    timezone: Timezone = absent()
    email_digest_override: Digest | None = None
    telegram_override: bool | None = None
    webhook_url: Annotated[str, Field(max_length=2048), Storable] | None = None
    csv_email_recipients: Recipients | None = None

    def attributes(self) -> dict[str, object]:
        """What the caller set of a stream's configuration, as it is stored."""
        set_here = self.model_fields_set - {"pairs", "run_now", "is_active", "is_archived"}
        found = self.model_dump(include=set_here)
        if self.csv_email_recipients is not None:
            found["csv_email_recipients"] = self.csv_email_recipients.stored()
        return found


class StreamCreate(StreamFields, Related):
    """A stream with its accounts and its segment, in one call."""

    pairs: Pairs
    auto_enrich_linkedin: bool = False
    auto_enrich_email: bool = False
    email_mode: EmailMode = "any"
    delivery_destination: Destination = "leads_only"
    run_now: bool = False

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """There is somewhere to deliver to."""
        is_wanted = given.get("deliveryDestination") == "leads_plus_webhook"
        if is_wanted and given.get("webhookUrl") is None:
            yield "webhookUrl", "is required with leads_plus_webhook"


class StreamPatch(StreamFields):
    """Changes of a stream: what is absent stays, null clears what may be empty."""

    pairs: Pairs = absent()
    auto_enrich_linkedin: bool = absent()
    auto_enrich_email: bool = absent()
    email_mode: EmailMode = absent()
    delivery_destination: Destination = absent()
    is_active: bool = absent()
    is_archived: bool = absent()


class StreamsQuery(Input):
    """`includeArchived` adds archived streams."""

    include_archived: QueryFlag = False
