"""The lines of a v1 export, one model per file; docs/migration.md shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from chalicelib.ids import MAX_ID, USER_BITS

Id = Annotated[int, Field(gt=0, le=MAX_ID)]
UserId = Annotated[int, Field(gt=0, lt=1 << USER_BITS)]
Tier = Literal["starter", "growth", "top", "pro"]


class Record(BaseModel):
    """A line; fields that v2 has no use for are passed over."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)
    file: ClassVar[str]
    user_id: UserId


class User(Record):
    """Somebody with an account; `id` is the user's own."""

    file = "users"
    user_id: UserId = Field(validation_alias="id")
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str
    subscription_status: str = "free_user"
    slots: dict[Tier, int] = {}
    credits: int = Field(default=0, ge=0)
    timezone: str = "UTC"
    email_digest: Literal["after_every_sync", "daily", "weekly", "off"] = "daily"
    stripe_customer_id: str | None = None
    stripe_subscription_id: str | None = None
    period_start: datetime | None = None
    created_at: datetime


class ApiKey(Record):
    """A key: the key itself, or what v1 stored of it under the pepper that v2 has too."""

    file = "api_keys"
    id: Id
    key: str | None = Field(default=None, pattern=r"^ctgo_[0-9A-Za-z]{40}$")
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    name: str = "v1"
    prefix: str = "ctgo_"
    last4: str = "????"
    created_at: datetime

    @model_validator(mode="after")
    def _is_one(self) -> ApiKey:
        if (self.key is None) == (self.digest is None):
            raise ValueError("needs either key or digest")
        return self


class TrackedAccount(Record):
    """An X account that is watched."""

    file = "tracked_accounts"
    id: Id
    x_user_id: str = Field(pattern=r"^\d+$")
    handle: str = Field(pattern=r"^@?\w{1,15}$")
    tier: Tier = "starter"
    is_active: bool = True
    tags: list[str] = []
    follower_count: int | None = None
    added_at: datetime


class SavedSearch(Record):
    """What is looked for, and on which accounts."""

    file = "saved_searches"
    id: Id
    name: str | None = None
    description: str = Field(min_length=1)
    gender_values: list[Literal["female", "male"]] = []
    applied_search_filters: dict[str, list[str]] = {}
    follower_count_tiers: list[str] = []
    assigned_account_ids: list[Id] = []
    created_at: datetime


class SyncSettings(Record):
    """When the accounts of a tier were read."""

    file = "sync_settings"
    tier: Tier
    sync_times: list[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):(00|15|30|45)$")]] = []
    timezone: str = "UTC"


class Person(Record):
    """A person of interest."""

    file = "people_of_interest"
    id: Id
    tracked_account_id: Id
    saved_search_id: Id
    x_user_id: str = Field(pattern=r"^\d+$")
    handle: str
    name: str | None = None
    bio: str | None = None
    image_url: str | None = None
    followers: int | None = None
    match_confidence: Literal["full", "maybe"]
    source_type: Literal["new_follower", "existing_follower", "liker"] = "new_follower"
    gender: Literal["female", "male", "unknown"] = "unknown"
    reasons: list[str] = []
    labels: dict[str, list[str]] = {}
    discovered_at: datetime


class Feedback(Record):
    """What a user said of a person."""

    file = "feedback"
    person_id: Id
    saved_search_id: Id
    feedback: Literal["good", "bad"]
    bad_reason: str | None = None
    bad_reason_freeform: str | None = None
    created_at: datetime


class Run(Record):
    """A sync or an exploration."""

    file = "runs"
    tracked_account_id: Id
    saved_search_id: Id
    status: Literal["completed", "succeeded", "failed"]
    source: Literal["manual", "cron"] = "cron"
    mode: Literal["sync-then-search", "re-test"] = "sync-then-search"
    new_followers: int = 0
    candidates_passed: int = 0
    maybe_count: int = 0
    error: str | None = None
    progress_log: list[str] = []
    triggered_at: datetime
    completed_at: datetime | None = None


class Template(Record):
    """A message template."""

    file = "dm_templates"
    id: Id
    name: str
    message_body: str
    created_at: datetime
    updated_at: datetime


class Webhook(Record):
    """A subscription."""

    file = "webhooks"
    id: Id
    target_url: str
    secret: str | None = None
    filter: dict[str, Any] = {}
    created_at: datetime


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
