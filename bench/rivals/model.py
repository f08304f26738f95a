"""The answer of `GET /me` as those declare it who check what they answer."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Credits(BaseModel):
    """The team's credits."""

    balance: int
    lowBalanceThreshold: int
    isLow: bool
    autoTopupEnabled: bool


class Totals(BaseModel):
    """Headroom over all accounts."""

    monthlyRetestRemaining: int
    dailySyncRemaining: int


class Me(BaseModel):
    """Who the key belongs to."""

    name: str
    email: str
    subscriptionStatus: str
    isFreeTier: bool
    accounts: list[dict[str, Any]]
    credits: Credits
    totals: Totals
