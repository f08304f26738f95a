"""Billing periods: months of the calendar that hold on to the day on which they began."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import Any


def after(start: int, recurring: dict[str, Any], anchor: int) -> int:
    """When the period that begins at `start` ends; seconds since 1970.

    A subscription of the 31st renews on the last day of a shorter month, and on the 31st again
    after it (docs.stripe.com/billing/subscriptions/billing-cycle).
    """
    count = int(recurring["interval_count"])
    match recurring["interval"]:
        case "day":
            return start + int(timedelta(days=count).total_seconds())
        case "week":
            return start + int(timedelta(weeks=count).total_seconds())
        case "month":
            return _months_after(start, count, anchor)
        case _:
            return _months_after(start, 12 * count, anchor)


def _months_after(start: int, months: int, anchor: int) -> int:
    began = datetime.fromtimestamp(start, UTC)
    year, month = divmod(began.year * 12 + began.month - 1 + months, 12)
    wished = datetime.fromtimestamp(anchor, UTC).day
    last = calendar.monthrange(year, month + 1)[1]
    return int(began.replace(year=year, month=month + 1, day=min(wished, last)).timestamp())
