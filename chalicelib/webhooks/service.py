"""Subscribing an address to leads, and ending that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib import clock, db, ids
from chalicelib.errors import ApiError, SubscriptionNotFound, UnsafeUrl
from chalicelib.webhooks.schemas import Subscribe
from chalicelib.webhooks.signing import new_secret
from chalicelib.webhooks.table import KIND, SubscriptionItem
from chalicelib.workspace import WorkspaceItem, rows


@db.retried_on_conflict
def subscribe(
    user_id: int,
    body: Subscribe,
    *,
    owned: Mapping[str, type[ApiError]],
    is_safe: Callable[[str], bool],
) -> tuple[SubscriptionItem, bool]:
    """Subscribe a URL, or give its subscription another filter and a new start.

    `owned` are the keys of workspace rows that must exist, each with the error if it does not.
    Returns the subscription and whether it is new. Raises those errors and UnsafeUrl.
    """
    key = SubscriptionItem.at(body.target_url)
    wanted = [(user_id, each) for each in (key, *owned)]
    found = {row.key: row for row in WorkspaceItem.find_all(wanted)}
    for each, missing in owned.items():
        if each not in found:
            raise missing
    if not is_safe(body.target_url):
        raise UnsafeUrl
    known = found.get(key)
    if isinstance(known, SubscriptionItem):
        return _renewed(known, body), False
    return _new(user_id, body), True


def _new(user_id: int, body: Subscribe) -> SubscriptionItem:
    item = SubscriptionItem(
        user_id,
        SubscriptionItem.at(body.target_url),
        subscription_id=ids.new_id(),
        target_url=body.target_url,
        secret=new_secret(),
        filter=_stored(body),
        created_at=clock.now(),
    )
    with db.conditional():
        item.save(condition=SubscriptionItem.key.does_not_exist())
    return item


def _renewed(item: SubscriptionItem, body: Subscribe) -> SubscriptionItem:
    with db.conditional():
        item.update(
            actions=[
                SubscriptionItem.filter.set(_stored(body)),
                SubscriptionItem.disabled_at.remove(),
            ],
            condition=SubscriptionItem.subscription_id == item.subscription_id,
        )
    return item


def _stored(body: Subscribe) -> dict[str, object]:
    return body.filter_config.model_dump(include=body.filter_config.model_fields_set)


def unsubscribe(user_id: int, subscription_id: int) -> None:
    """End a subscription. Raises SubscriptionNotFound."""
    is_it = SubscriptionItem.subscription_id == subscription_id
    for row in rows(user_id, KIND, KIND):
        if isinstance(row, SubscriptionItem) and row.subscription_id == subscription_id:
            try:
                with db.conditional():
                    row.delete(condition=is_it)
            except db.Conflict:
                break
            return
    raise SubscriptionNotFound
