"""Webhook subscriptions on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn

from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from chalicelib.http.schema import Id, Input, Output, Storable, absent


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
