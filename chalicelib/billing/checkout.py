"""The two doors to Stripe's own pages: buying a subscription, and managing one."""

from __future__ import annotations

from typing import Any

from chalicelib import clock, ids
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.plans import LIVE
from chalicelib.billing.schemas import Checkout
from chalicelib.billing.stripe_client import Stripe, refusals
from chalicelib.errors import StripeFailed, SubscriptionExists, SubscriptionRequired

USER = "user_id"
"""Metadata of our subscriptions: whose it is. Stripe shows it in every event about them."""


def _owner(user_id: int) -> UserItem:
    found = UserItem.find(user_id, SELF)
    if found is None:
        raise LookupError("the user has no row")
    return found


def refuse_second_subscription(user_id: int) -> UserItem:
    """The user, who has no live subscription. Raises SubscriptionExists."""
    user = _owner(user_id)
    if user.status in LIVE:
        raise SubscriptionExists
    return user


def require_customer(user_id: int) -> str:
    """Stripe's id of a user who subscribed before. Raises SubscriptionRequired."""
    user = _owner(user_id)
    if user.customer_id is None:
        raise SubscriptionRequired("There is no subscription to manage yet.")
    return str(user.customer_id)


def checkout_page(user: UserItem, body: Checkout, *, stripe: Stripe, ui_origin: str) -> str:
    """The page on which the user can buy this. Nothing changes until Stripe reports the payment.

    Raises StripeFailed.
    """
    price = stripe.prices[body.tier]
    if not price:
        raise StripeFailed
    wanted: Any = {
        "mode": "subscription",
        "line_items": [{"price": price, "quantity": body.quantity}],
        "client_reference_id": str(user.user_id),
        "subscription_data": {"metadata": {USER: str(user.user_id)}},
        "success_url": f"{ui_origin}/billing?checkout=done",
        "cancel_url": f"{ui_origin}/billing?checkout=left",
    }
    if user.customer_id:
        wanted["customer"] = user.customer_id
    else:
        wanted["customer_email"] = user.email
    # The same wish within an hour opens the same page, unless something was bought in between.
    hour = int(clock.now().timestamp()) // 3600
    key = f"checkout-{user.user_id}-{user.subscription_id}-{body.tier}-{body.quantity}-{hour}"
    with refusals():
        session = stripe.api.v1.checkout.sessions.create(wanted, {"idempotency_key": key})
    # Should the news of the payment be lost, the night asks how this page ended.
    user.update(actions=[UserItem.checkouts.add({session.id})])
    return _address(session.url)


def portal_page(customer_id: str, *, stripe: Stripe, ui_origin: str) -> str:
    """The page on which the user can change or end the subscription. Raises StripeFailed."""
    wanted: Any = {"customer": customer_id, "return_url": f"{ui_origin}/billing"}
    key = f"portal-{ids.new_id()}"  # each opening is an action of its own: pages are short-lived
    with refusals():
        session = stripe.api.v1.billing_portal.sessions.create(wanted, {"idempotency_key": key})
    return _address(session.url)


def _address(url: str | None) -> str:
    if not url:
        raise StripeFailed
    return url
