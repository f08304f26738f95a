"""Subscribing an address to leads, and ending that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from pydantic.alias_generators import to_camel

from chalicelib import clock, db, ids
from chalicelib.errors import ApiError, SubscriptionNotFound, UnsafeUrl
from chalicelib.webhooks.schemas import Subscribe, SubscriptionShown
from chalicelib.webhooks.signing import new_secret
from chalicelib.webhooks.table import KIND, FeedbackHeardItem, SubscriptionItem
from chalicelib.workspace import WorkspaceItem, rows

BOTH_SIGN: Final = timedelta(hours=24)
"""How long the secret before a rotation still signs."""


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
    if body.filter_config.feedback_status is not None:
        FeedbackHeardItem(user_id, FeedbackHeardItem.KEY).save()
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
                SubscriptionItem.renewed_at.set(clock.now()),
            ],
            condition=SubscriptionItem.subscription_id == item.subscription_id,
        )
    return item


def _stored(body: Subscribe) -> dict[str, object]:
    return body.filter_config.model_dump(include=body.filter_config.model_fields_set)


def unsubscribe(user_id: int, subscription_id: int, *, beside: Sequence[db.Table] = ()) -> None:
    """End a subscription, and write the rows `beside` with that. Raises SubscriptionNotFound."""
    row = one(user_id, subscription_id)
    try:
        with db.transaction() as write:
            write.delete(row, condition=SubscriptionItem.subscription_id == subscription_id)
            for each in beside:
                write.save(each)
    except db.Conflict:
        raise SubscriptionNotFound from None


def of_user(user_id: int) -> list[SubscriptionItem]:
    """The user's subscriptions, oldest first. One query."""
    found = [row for row in rows(user_id, KIND, KIND) if isinstance(row, SubscriptionItem)]
    return sorted(found, key=lambda row: row.subscription_id)


def one(user_id: int, subscription_id: int) -> SubscriptionItem:
    """One of the user's subscriptions. Raises SubscriptionNotFound."""
    for row in of_user(user_id):
        if row.subscription_id == subscription_id:
            return row
    raise SubscriptionNotFound


@db.retried_on_conflict
def rotate(user_id: int, subscription_id: int) -> SubscriptionItem:
    """Give a subscription a new secret; the one it had signs as well for 24 hours.

    Raises SubscriptionNotFound.
    """
    row = one(user_id, subscription_id)
    with db.conditional():
        row.update(
            actions=[
                SubscriptionItem.secret.set(new_secret()),
                SubscriptionItem.former_secret.set(row.secret),
                SubscriptionItem.former_until.set(clock.now() + BOTH_SIGN),
            ],
            condition=SubscriptionItem.secret == row.secret,
        )
    return row


def shown(row: SubscriptionItem) -> SubscriptionShown:
    """A subscription as the wire shows it."""
    return SubscriptionShown(
        id=row.subscription_id,
        target_url=row.target_url,
        filter_config={to_camel(name): value for name, value in row.filter.items()},
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
