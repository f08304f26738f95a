"""Counts of what was asked of the vendors, for tests and for the curious."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from localdev.xworld.exchange import Answer


@dataclass(slots=True)
class _Count:
    calls: int = 0
    rows: int = 0
    credits: int = 0
    statuses: dict[str, int] = field(default_factory=dict)

    def add(self, answer: Answer) -> None:
        """Count an answer. A request without one counts as status 0."""
        status = "0" if answer.silent else str(answer.status)
        self.calls += 1
        self.rows += answer.rows
        self.credits += int(answer.headers.get("X-Credits-Used", 0))
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def to_json(self) -> dict[str, Any]:
        """The count as plain values."""
        return {
            "calls": self.calls,
            "rows": self.rows,
            "credits": self.credits,
            "statuses": self.statuses,
        }


class Stats:
    """Calls, rows and credits of each vendor, in all and by endpoint."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._totals: dict[str, _Count] = {"scrapebadger": _Count(), "apify": _Count()}
        self._endpoints: dict[str, dict[str, _Count]] = {"scrapebadger": {}, "apify": {}}

    def add(self, vendor: str, endpoint: str, answer: Answer) -> None:
        """Count one answer."""
        self._totals[vendor].add(answer)
        self._endpoints[vendor].setdefault(endpoint, _Count()).add(answer)

    def to_json(self) -> dict[str, Any]:
        """All counts, by vendor."""
        return {
            vendor: {
                **total.to_json(),
                "endpoints": {
                    name: count.to_json() for name, count in self._endpoints[vendor].items()
                },
            }
            for vendor, total in self._totals.items()
        }
