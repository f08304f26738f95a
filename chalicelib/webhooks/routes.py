"""Addresses that want to hear of leads: subscriptions, and each stream's own."""

from __future__ import annotations

from typing import Annotated

from chalicelib import clock, errors, wiring
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.caller import Caller
from chalicelib.delivery import looking, replaying
from chalicelib.delivery.receivers import key_of, ready
from chalicelib.delivery.table import EndedItem
from chalicelib.errors import ApiError
from chalicelib.http.router import PathId, Reply, Router
from chalicelib.streams import address
from chalicelib.streams.table import KIND as STREAM
from chalicelib.streams.table import StreamItem
from chalicelib.webhooks import service
from chalicelib.webhooks.schemas import (
    MessagesQuery,
    Replay,
    ReplayTaken,
    SecretRotated,
    Subscribe,
    Subscribed,
    Subscriptions,
    TrialSent,
    Unsubscribe,
    Unsubscribed,
    WebhookFilter,
    WebhookMessages,
)
from chalicelib.webhooks.table import KIND

router = Router()
SubscriptionId = Annotated[int, PathId(errors.SubscriptionNotFound)]
StreamId = Annotated[int, PathId(errors.StreamNotFound)]
_ONE = "/webhooks/subscriptions/{subscription_id}"
_OWN = "/streams/{stream_id}/webhook"


@router.post(
    "/webhooks/subscribe",
    status=201,
    also=[200],
    auth="bearer",
    errors=[errors.StreamNotFound, errors.AccountNotFound, errors.UnsafeUrl],
)
def subscribe_webhook(caller: Caller, body: Subscribe) -> Reply[Subscribed]:
    """Subscribe a URL to leads (201), or give its subscription another filter (200)."""
    item, is_new = service.subscribe(
        caller.user_id, body, owned=_owned(body.filter_config), is_safe=wiring.is_safe_url()
    )
    if not is_new:
        return Reply(Subscribed(id=item.subscription_id), status=200)
    return Reply(Subscribed(id=item.subscription_id, secret=item.secret))


def _owned(given: WebhookFilter) -> dict[str, type[ApiError]]:
    """The rows that must be the caller's for this filter to make sense."""
    found: dict[str, type[ApiError]] = {}
    if given.stream_id is not None:
        found[StreamItem.at(given.stream_id)] = errors.StreamNotFound
    if given.account_id is not None:
        found[AccountItem.at(given.account_id)] = errors.AccountNotFound
    return found


@router.delete("/webhooks/subscribe", auth="bearer", errors=[errors.SubscriptionNotFound])
def unsubscribe_webhook(caller: Caller, body: Unsubscribe) -> Unsubscribed:
    """End a subscription. To change its secret, subscribe again afterwards."""
    service.unsubscribe(caller.user_id, body.id, beside=[EndedItem.now(caller.user_id, body.id)])
    return Unsubscribed(success=True)


@router.get("/webhooks/subscriptions", auth="bearer")
def list_webhooks(caller: Caller) -> Subscriptions:
    """List the subscriptions, disabled ones included."""
    found = service.of_user(caller.user_id)
    return Subscriptions(subscriptions=[service.shown(row) for row in found])


@router.get(
    f"{_ONE}/messages",
    auth="bearer",
    errors=[errors.SubscriptionNotFound, errors.CursorMismatch],
)
def list_webhook_messages(
    caller: Caller, subscription_id: SubscriptionId, query: MessagesQuery
) -> WebhookMessages:
    """List what an address was sent in the last 14 days, newest first, with every attempt.

    That can still be seen when the subscription has ended.
    """
    key = key_of(caller.user_id, KIND, subscription_id)
    page = looking.messages(key, query)
    if not page.messages:
        service.one(caller.user_id, subscription_id)
    return page


@router.post(
    f"{_ONE}/test",
    status=202,
    auth="bearer",
    errors=[errors.SubscriptionNotFound, errors.SubscriptionDisabled],
)
def try_webhook(caller: Caller, subscription_id: SubscriptionId) -> TrialSent:
    """Send a `webhook.test` message, whatever the filter; its attempts tell whether it arrived."""
    row = service.one(caller.user_id, subscription_id)
    return TrialSent(message_id=replaying.try_out(ready(row, clock.now())))


@router.post(f"{_ONE}/rotate-secret", auth="bearer", errors=[errors.SubscriptionNotFound])
def rotate_webhook_secret(caller: Caller, subscription_id: SubscriptionId) -> SecretRotated:
    """Make a new secret; for 24 hours messages carry the signatures of both."""
    row = service.rotate(caller.user_id, subscription_id)
    return SecretRotated.model_validate({"secret": row.secret, "former_until": row.former_until})


@router.post(
    f"{_ONE}/replay",
    status=202,
    auth="bearer",
    errors=[
        errors.SubscriptionNotFound,
        errors.SubscriptionDisabled,
        errors.WebhookMessageNotFound,
    ],
)
def replay_webhook(caller: Caller, subscription_id: SubscriptionId, body: Replay) -> ReplayTaken:
    """Send one message again, or all that failed since a time, under the ids that they had."""
    row = service.one(caller.user_id, subscription_id)
    replaying.replay(ready(row, clock.now()), body)
    return ReplayTaken(ok=True)


@router.get(f"{_OWN}/messages", errors=[errors.StreamNotFound, errors.CursorMismatch])
def list_stream_webhook_messages(
    caller: Caller, stream_id: StreamId, query: MessagesQuery
) -> WebhookMessages:
    """List what a stream's own address was sent in the last 14 days, with every attempt."""
    page = looking.messages(key_of(caller.user_id, STREAM, stream_id), query)
    if not page.messages:
        address.one(caller.user_id, stream_id)
    return page


@router.post(f"{_OWN}/test", status=202, errors=[errors.StreamNotFound, errors.StreamWebhookOff])
def try_stream_webhook(caller: Caller, stream_id: StreamId) -> TrialSent:
    """Send a `webhook.test` message to a stream's own address."""
    stream = address.one(caller.user_id, stream_id)
    return TrialSent(message_id=replaying.try_out(ready(stream, clock.now())))


@router.post(f"{_OWN}/rotate-secret", errors=[errors.StreamNotFound, errors.StreamWebhookOff])
def rotate_stream_webhook_secret(caller: Caller, stream_id: StreamId) -> SecretRotated:
    """Make a new secret for a stream's own address; for 24 hours both sign."""
    stream = address.rotate(caller.user_id, stream_id)
    return SecretRotated.model_validate(
        {"secret": stream.webhook_secret, "former_until": stream.former_webhook_secret_until}
    )


@router.post(
    f"{_OWN}/replay",
    status=202,
    errors=[errors.StreamNotFound, errors.StreamWebhookOff, errors.WebhookMessageNotFound],
)
def replay_stream_webhook(caller: Caller, stream_id: StreamId, body: Replay) -> ReplayTaken:
    """Send a stream's own address one message again, or all that failed since a time."""
    stream = address.one(caller.user_id, stream_id)
    replaying.replay(ready(stream, clock.now()), body)
    return ReplayTaken(ok=True)
