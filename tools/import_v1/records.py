"""The lines of a v1 export, one model per file; docs/migration.md shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic.alias_generators import to_camel

from chalicelib.billing.plans import Status
from chalicelib.dm_templates.rules import name_digest
from chalicelib.leads.schemas import BadReason
from chalicelib.matching.labels import Category
from chalicelib.notifications.schemas import Digest, Timezone
from chalicelib.segments.schemas import FollowerTier, Gender
from tools.import_v1.fields import (
    Count,
    Email,
    Handle,
    Id,
    Instant,
    PersonsHandle,
    Secret,
    SyncTime,
    TargetUrl,
    Text,
    UserId,
    XUserId,
)

V1Tier = Literal["starter", "growth", "top", "pro"]
Claim = tuple[str, object]
"""What a line calls its own, and may be the only one of its file to do so."""


def tier_of(v1: str) -> str:
    """v1 called the highest tier `top`."""
    return "pro" if v1 == "top" else v1


def _without_nulls(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    return {name: _without_nulls(value) for name, value in given.items() if value is not None}


class Record(BaseModel):
    """A line; fields that v2 has no use for are passed over, null is as good as absent."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)
    file: ClassVar[str]
    longest: ClassVar[int] = 64 * 1024
    """Bytes in a line: in ASCII thrice as many at most, which one item of DynamoDB holds."""
    user_id: UserId
    _line: int = PrivateAttr(default=0)

    @classmethod
    def read(cls, line: bytes, number: int) -> Self:
        """A line of the file and its number, from 1. Raises ValidationError."""
        record = cls.model_validate_json(line)
        record._line = number
        return record

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        return _without_nulls(given)

    @property
    def line(self) -> int:
        """Where it stands in its file, from 1; unreadable lines count, so mending moves none."""
        return self._line

    @property
    def where(self) -> str:
        """File and line, as reports have it."""
        return f"{self.file}.jsonl:{self._line}"

    def claims(self) -> Iterator[Claim]:
        """What no line after this one may have too."""
        number = getattr(self, "id", None)
        if number is not None:
            yield "id", number


class User(Record):
    """Somebody with an account; `id` is the user's own."""

    file = "users"
    user_id: UserId = Field(validation_alias="id")
    email: Email
    name: Text
    subscription_status: Status = "free_user"
    slots: dict[V1Tier, Count] = {}
    credits: Count = 0
    timezone: Timezone = "UTC"
    email_digest: Digest = "daily"
    stripe_customer_id: Text | None = None
    stripe_subscription_id: Text | None = None
    period_start: Instant | None = None
    created_at: Instant

    def claims(self) -> Iterator[Claim]:
        yield "id", self.user_id
        yield "email", self.email.lower()


class ApiKey(Record):
    """A key: the key itself, or what v1 stored of it under the pepper that v2 has too."""

    file = "api_keys"
    id: Id
    key: str | None = Field(default=None, pattern=r"^ctgo_[0-9A-Za-z]{40}$")
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    name: Text = "v1"
    prefix: Text = "ctgo_"
    last4: Text = "????"
    created_at: Instant

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.key is None) == (self.digest is None):
            raise ValueError("needs either key or digest")
        return self

    def claims(self) -> Iterator[Claim]:
        yield from super().claims()
        yield "key", self.key or self.digest


class TrackedAccount(Record):
    """An X account that is watched."""

    file = "tracked_accounts"
    id: Id
    x_user_id: XUserId
    handle: Handle
    tier: V1Tier = "starter"
    is_active: bool = True
    tags: list[Text] = []
    follower_count: Count | None = None
    added_at: Instant

    def claims(self) -> Iterator[Claim]:
        yield from super().claims()
        yield "xUserId", (self.user_id, self.x_user_id)


class SavedSearch(Record):
    """What is looked for, and on which accounts."""

    file = "saved_searches"
    id: Id
    name: Text | None = None
    description: Annotated[Text, Field(min_length=1)]
    gender_values: list[Gender] = []
    applied_search_filters: dict[Category, list[Text]] = {}
    follower_count_tiers: list[FollowerTier] = []
    assigned_account_ids: list[Id] = []
    created_at: Instant


class SyncSettings(Record):
    """When the accounts of a tier were read."""

    file = "sync_settings"
    tier: V1Tier
    sync_times: list[SyncTime] = []
    timezone: Timezone = "UTC"

    def claims(self) -> Iterator[Claim]:
        yield "tier", (self.user_id, tier_of(self.tier))


class Person(Record):
    """A person of interest."""

    file = "people_of_interest"
    longest = 16 * 1024  # forty of them are written in one transaction, which holds 4 MB
    id: Id
    tracked_account_id: Id
    saved_search_id: Id
    x_user_id: XUserId
    handle: PersonsHandle
    name: Text | None = None
    bio: Text | None = None
    image_url: Text | None = None
    followers: Count | None = None
    match_confidence: Literal["full", "maybe"]
    source_type: Literal["new_follower", "existing_follower", "liker"] = "new_follower"
    gender: Literal["female", "male", "unknown"] = "unknown"
    reasons: list[Text] = []
    labels: dict[Category, list[Text]] = {}
    discovered_at: Instant

    def claims(self) -> Iterator[Claim]:
        yield from super().claims()
        pair = (self.user_id, self.saved_search_id, self.tracked_account_id)
        yield "person", (*pair, self.x_user_id)


class Feedback(Record):
    """What a user said of a person."""

    file = "feedback"
    person_id: Id
    saved_search_id: Id
    feedback: Literal["good", "bad"]
    bad_reason: BadReason | None = None
    bad_reason_freeform: Annotated[Text, Field(max_length=500)] | None = None
    created_at: Instant


class Run(Record):
    """A sync or an exploration."""

    file = "runs"
    tracked_account_id: Id
    saved_search_id: Id
    status: Literal["completed", "succeeded", "failed"]
    source: Literal["manual", "cron"] = "cron"
    mode: Literal["sync-then-search", "re-test"] = "sync-then-search"
    new_followers: Count = 0
    candidates_passed: Count = 0
    maybe_count: Count = 0
    error: Text | None = None
    progress_log: Annotated[list[Text], Field(max_length=1000)] = []
    triggered_at: Instant
    completed_at: Instant | None = None

    def claims(self) -> Iterator[Claim]:
        pair = (self.user_id, self.saved_search_id, self.tracked_account_id)
        yield "trigger", (*pair, self.triggered_at.replace(microsecond=0), self.mode)


class Template(Record):
    """A message template."""

    file = "dm_templates"
    id: Id
    name: Annotated[Text, Field(min_length=1)]
    message_body: Text
    created_at: Instant
    updated_at: Instant

    def claims(self) -> Iterator[Claim]:
        yield from super().claims()
        yield "name", (self.user_id, name_digest(self.name))


class WebhookFilter(BaseModel):
    """What a lead must be for an address to hear of it, in the words of v1 or of v2."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)
    stream_id: Id | None = None
    tracked_account_id: Id | None = None
    account_id: Id | None = None
    source_type: Literal["new_follower", "existing_follower", "follower", "liker"] | None = None
    feedback_status: Literal["good", "bad"] | None = None
    match_confidence: Literal["full", "maybe", "high", "medium"] | None = None
    segment_id: Id | None = None
    saved_search_id: Id | None = None


class Webhook(Record):
    """A subscription."""

    file = "webhooks"
    id: Id
    target_url: TargetUrl
    secret: Secret | None = None
    filter: WebhookFilter = WebhookFilter()
    created_at: Instant

    def claims(self) -> Iterator[Claim]:
        yield from super().claims()
        yield "targetUrl", (self.user_id, self.target_url)


KINDS: tuple[type[Record], ...] = (
    User,
    ApiKey,
    TrackedAccount,
    SavedSearch,
    SyncSettings,
    Person,
    Feedback,
    Run,
    Template,
    Webhook,
)
