"""Credits that a billing period brings, as data. Pure."""

from __future__ import annotations

from datetime import datetime

from chalicelib import clock
from chalicelib.billing.plans import PLANS


def due(account_id: int, tier: str, period_start: datetime) -> list[tuple[str, int]]:
    """The grants of an awake account in this period: a key and an amount for each step up.

    A tier is the sum of the steps below it, so that an upgrade within the period adds the
    difference, and whoever grants the same steps again grants nothing.
    """
    found, before = [], 0
    for step, plan in PLANS.items():
        key = f"{account_id}#{clock.iso(period_start)}#{step}"
        found.append((key, plan.credits - before))
        before = plan.credits
        if step == tier:
            return found
    raise ValueError(f"there is no tier {tier!r}")
