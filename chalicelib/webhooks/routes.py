"""/webhooks/subscribe: addresses that want to hear of leads."""

from __future__ import annotations

from chalicelib import errors, wiring
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.caller import Caller
from chalicelib.errors import ApiError
from chalicelib.http.router import Reply, Router
from chalicelib.streams.table import StreamItem
from chalicelib.webhooks import service
from chalicelib.webhooks.schemas import (
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    WebhookFilter,
)

router = Router()


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
    service.unsubscribe(caller.user_id, body.id)
    return Unsubscribed(success=True)
