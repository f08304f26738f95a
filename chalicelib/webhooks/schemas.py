"""Webhook subscriptions on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from chalicelib.http.related import Clash, Given, Related, one_of
from chalicelib.http.schema import (
    Id,
    Input,
    Instant,
    Output,
    QueryNumber,
    Storable,
    Time,
    absent,
    exactly_one,
)


def _refusal(replacement: str) -> BeforeValidator:
    def refuse(_value: Any) -> NoReturn:
        raise ValueError(f"was removed in v2; use {replacement}")

    return BeforeValidator(refuse)


Hidden = SkipJsonSchema[None]
FormerStream = Annotated[Hidden, _refusal("streamId")]
FormerAccount = Annotated[Hidden, _refusal("accountId")]
"""Filters of v1: whoever still sends one is told what took its place."""


class WebhookFilter(Input):
    """What a lead must be for this address to hear of it; everything given must hold."""

    stream_id: Id = absent()
    account_id: Id = absent()
    source_type: Literal["follower", "liker"] = absent()
    feedback_status: Literal["good", "bad"] = absent()
    match_confidence: Literal["high", "medium"] = absent()

    segment_id: FormerStream = None
    saved_search_id: FormerStream = None
    tracked_account_id: FormerAccount = None


class Subscribe(Input):
    """An address, and of which leads it wants to hear."""

    target_url: Annotated[str, Field(min_length=1, max_length=2048), Storable]
    filter_config: WebhookFilter = Field(default_factory=WebhookFilter)


class Subscribed(Output):
    """A subscription. The secret that signs its messages is shown once, when it is new."""

    id: Id
    secret: str = ""


class Unsubscribe(Input):
    """The subscription to end."""

    id: Id


class Unsubscribed(Output):
    """The subscription has ended."""

    success: bool


class SubscriptionShown(Output):
    """A subscription as it is; its secret is not shown again."""

    id: Id
    target_url: str
    filter_config: dict[str, Any]
    created_at: Time
    disabled_at: Time | None


class Subscriptions(Output):
    """All subscriptions of the user."""

    subscriptions: list[SubscriptionShown]


class SecretRotated(Output):
    """The new secret, shown once. The one before signs as well until `formerUntil`."""

    secret: str
    former_until: Time


class MessagesQuery(Input):
    """Which messages, and paging."""

    status: Literal["pending", "delivered", "failed"] = absent()
    limit: Annotated[QueryNumber, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=2000)] = absent()


class WebhookAttempt(Output):
    """One call of the address. `status` is null where no answer came; `error` says why."""

    at: Time
    status: int | None
    milliseconds: int
    error: str | None
    snippet: str | None


class WebhookMessage(Output):
    """A message, since it was tried for the first time. `id` is its `webhook-id`."""

    id: str
    event: str
    created_at: Time
    status: Literal["pending", "delivered", "failed"]
    next_attempt_at: Time | None
    attempts: list[WebhookAttempt]


class WebhookMessages(Output):
    """A page of messages to one address, newest first."""

    messages: list[WebhookMessage]
    has_more: bool
    next_cursor: str | None


class Replay(Related):
    """What to send again: one message whatever became of it, or all that failed since a time."""

    model_config = ConfigDict(json_schema_extra=exactly_one(("messageId", "since")))

    message_id: Annotated[str, Field(pattern=r"^msg_[0-9a-f]{33}$")] = absent()
    since: Instant = absent()

    @classmethod
    def clashes(cls, given: Given) -> Iterator[Clash]:
        """Nothing is asked for, or two things are."""
        if not one_of(given, "messageId", "since"):
            yield "messageId", "must be given, or since, but not both"


class ReplayTaken(Output):
    """It is on its way; the messages show how it goes."""

    ok: bool


class TrialSent(Output):
    """A message `webhook.test` is on its way."""

    message_id: str
