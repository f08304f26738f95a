"""Paying, on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.billing.plans import Tier
from chalicelib.http.schema import Input, Output


class Checkout(Input):
    """What to buy: account slots of one tier."""

    tier: Tier
    quantity: Annotated[int, Field(ge=1, le=100)] = 1


class Page(Output):
    """A page of the payment provider, to open in a browser."""

    url: str


class Received(Output):
    """The event is stored."""

    received: bool
