"""Stripe: a client with our price of each tier, and its refusals in our own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.errors import StripeFailed
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from stripe import StripeClient, StripeError

TIMEOUT = 10
"""Seconds for one try. API Gateway gives up after 29, and a refusal must come before that."""


@dataclass(frozen=True, slots=True)
class Stripe:
    """The edge to Stripe. Calls of `api` belong within `refusals`."""

    api: StripeClient
    prices: Mapping[str, str]
    """The price id of each tier."""

    def tier_of(self, price_id: str) -> str | None:
        """The tier that a price stands for; None for a price that is not ours."""
        return next((tier for tier, price in self.prices.items() if price == price_id), None)


def build_stripe(found: Settings) -> Stripe:
    """The edge as configured. Raises StripeFailed where no key is."""
    if not found.stripe_api_key:
        raise StripeFailed
    import stripe

    api = stripe.StripeClient(
        found.stripe_api_key,
        base_addresses={"api": found.stripe_base_url},
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
        max_network_retries=1,
    )
    prices = {
        "starter": found.stripe_price_starter,
        "growth": found.stripe_price_growth,
        "pro": found.stripe_price_pro,
    }
    return Stripe(api, prices)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what Stripe refuses within into StripeFailed, whose `error` is Stripe's own message."""
    import stripe

    try:
        yield
    except stripe.StripeError as fault:
        raise StripeFailed(error=_told(fault)) from fault


def _told(fault: StripeError) -> str | None:
    """What Stripe said to us, unless that is about our own key or no answer at all."""
    import stripe

    ours = stripe.AuthenticationError | stripe.PermissionError | stripe.APIConnectionError
    return None if isinstance(fault, ours) else fault.user_message
