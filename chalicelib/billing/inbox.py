"""Stripe's events come in: checked, stored once, put on the queue. Settling them is a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from chalicelib import clock, db, ids, queues
from chalicelib.billing.checkout import USER
from chalicelib.billing.table import StripeEventItem
from chalicelib.errors import InvalidSignature

TOLERANCE = 300
"""Seconds after which a signature is too old."""
_CHECKOUT = "checkout.session.completed"
_SUBSCRIPTION = "customer.subscription."
_INVOICE = frozenset({"invoice.paid", "invoice.payment_failed"})


class SettleEvent(queues.Job):
    """Make our rows agree with Stripe after an event."""

    queue: ClassVar[str] = "billing"
    event_id: str


class _Data(BaseModel):
    object: dict[str, Any] = Field(default_factory=dict)


class _Event(BaseModel):
    """The part of an event that every type has."""

    id: str
    type: str
    created: int
    data: _Data = Field(default_factory=_Data)


def receive(body: str | bytes, signature: str | None, *, secret: str) -> None:
    """Store an event that Stripe signed, and have it settled. A repeat changes nothing.

    Raises InvalidSignature, also when there is no `secret` to check with.
    """
    event = _verified(body, signature, secret)
    item = StripeEventItem(
        event.id,
        type=event.type,
        created=event.created,
        received_at=clock.now(),
        **_pointers(event.type, event.data.object),
    )
    try:
        with db.conditional():
            item.save(condition=StripeEventItem.event_id.does_not_exist())
    except db.Conflict:
        item = StripeEventItem.find(item.event_id) or item
    if item.subscription_id and not item.is_settled:
        queues.send([SettleEvent(event_id=item.event_id)])


def _verified(body: str | bytes, signature: str | None, secret: str) -> _Event:
    import stripe

    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
        return _Event.model_validate_json(body)
    except (stripe.SignatureVerificationError, ValueError):
        raise InvalidSignature from None


def _pointers(kind: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Whose subscription an event is about; nothing for a type or a subscription not ours."""
    if kind == _CHECKOUT:
        user, subscription = about.get("client_reference_id"), about.get("subscription")
    elif kind.startswith(_SUBSCRIPTION):
        user, subscription = _metadata(about).get(USER), about.get("id")
    elif kind in _INVOICE:
        details = (about.get("parent") or {}).get("subscription_details") or {}
        user, subscription = _metadata(details).get(USER), details.get("subscription")
    else:
        return {}
    user_id = ids.parse(str(user))
    if user_id is None or not subscription:
        return {}
    return {
        "user_id": user_id,
        "customer_id": about.get("customer"),
        "subscription_id": subscription,
    }


def _metadata(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    return thing.get("metadata") or {}
