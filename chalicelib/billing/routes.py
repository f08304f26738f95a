"""/billing: Stripe's own pages, and where Stripe reports."""

from __future__ import annotations

from chalicelib import errors, wiring
from chalicelib.auth.caller import Caller
from chalicelib.billing import checkout, inbox
from chalicelib.billing.schemas import Checkout, Page, Received
from chalicelib.http.router import RawRequest, Router
from chalicelib.settings import settings

router = Router()


@router.post("/billing/checkout", errors=[errors.SubscriptionExists, errors.StripeFailed])
def open_checkout(caller: Caller, body: Checkout) -> Page:
    """Open a page on which account slots of a tier can be bought."""
    user = checkout.refuse_second_subscription(caller.user_id)
    url = checkout.checkout_page(user, body, stripe=wiring.stripe(), ui_origin=settings().ui_origin)
    return Page(url=url)


@router.post("/billing/portal", errors=[errors.SubscriptionRequired, errors.StripeFailed])
def open_portal(caller: Caller) -> Page:
    """Open a page on which the subscription can be changed or ended."""
    customer_id = checkout.require_customer(caller.user_id)
    url = checkout.portal_page(customer_id, stripe=wiring.stripe(), ui_origin=settings().ui_origin)
    return Page(url=url)


@router.post("/billing/stripe-events", errors=[errors.InvalidSignature])
def receive_stripe_event(raw: RawRequest) -> Received:
    """Take an event from Stripe; its signature stands for a credential."""
    inbox.receive(
        raw.body,
        raw.headers.get("stripe-signature"),
        secret=settings().stripe_webhook_secret,
    )
    return Received(received=True)
