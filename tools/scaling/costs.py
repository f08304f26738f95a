"""Dollars from counted calls. List prices of us-east-1, checked 23 November 2026; free tiers left
out. Counts are those of `make bench`: a run is so much by itself and so much per new profile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from localdev.environment import ROOT
from tools.scaling.model import AWS_SECONDS, FULL_CORE, UPSTREAM_SECONDS, memory

MEASURED = ROOT / "docs" / "measured.json"

WRITE_UNIT, READ_UNIT = 0.625e-6, 0.125e-6
"""DynamoDB on demand."""
SQS_CALL = 0.40e-6
INVOCATION, GB_SECOND = 0.20e-6, 13.3334e-6
"""Lambda on arm64."""
SCHEDULE = 1.00e-6
"""EventBridge Scheduler, one that fires."""
CREDIT = 0.10e-3
"""ScrapeBadger, the dearer of its packages that were seen: $0.10 per 1,000. A call costs one
credit, and each row one."""

SYNCS_A_DAY, NEW_A_SYNC, DAYS = 2, 20, 30
ACCOUNTS = 10_000


@dataclass(frozen=True)
class Bill:
    """Dollars by what they are for."""

    lines: dict[str, float]

    @property
    def aws(self) -> float:
        return sum(cost for name, cost in self.lines.items() if not name.startswith("ScrapeBadger"))

    @property
    def total(self) -> float:
        return sum(self.lines.values())

    def times(self, number: float) -> Bill:
        return Bill({name: cost * number for name, cost in self.lines.items()})


def measured() -> dict[str, dict[str, float]]:
    """What `make bench` counted, by kind of run."""
    found: dict[str, dict[str, float]] = json.loads(MEASURED.read_text())
    return found


def of_run(counts: dict[str, Any]) -> Bill:
    """What one run cost that was counted so."""
    core = counts["core seconds"] * FULL_CORE / memory("scrape")
    waiting = counts["AWS calls"] * AWS_SECONDS[0]
    asking = counts["upstream calls"] * UPSTREAM_SECONDS[0]
    # A message is sent, received and deleted; Lambda's pollers batch, so this is the most.
    queue_calls = counts["messages sent"] + 2 * counts["invocations"]
    gigabytes = {name: memory(name) / 1024 for name in ("scrape", "enrich")}
    return Bill(
        {
            "DynamoDB writes": counts["write units"] * WRITE_UNIT,
            "DynamoDB reads": counts["read units"] * READ_UNIT,
            "SQS": queue_calls * SQS_CALL,
            "Lambda": counts["invocations"] * INVOCATION
            + ((core + waiting) * gigabytes["enrich"] + asking * gigabytes["scrape"]) * GB_SECOND,
            "Scheduler": SCHEDULE,
            "ScrapeBadger": (counts["upstream calls"] + counts["upstream rows"]) * CREDIT,
        }
    )


def of_typical_run(new: int) -> Bill:
    """A run that finds so many new people: between one that finds none and the measured one."""
    found = measured()
    still, steady = found["nobody new"], found["steady state"]
    share = new / steady["profiles"]
    between = {name: still[name] + (steady[name] - still[name]) * share for name in still}
    return of_run(between)


def per_thousand_leads(kind: str) -> Bill:
    """What 1,000 leads cost in a kind of run, at the large run's share of leads among people."""
    found = measured()
    share = found["first run"]["leads"] / found["first run"]["profiles"]
    return of_run(found[kind]).times(1_000 / (found[kind]["profiles"] * share))


def of_month() -> Bill:
    """10,000 accounts, two syncs a day, 20 new people each."""
    return of_typical_run(NEW_A_SYNC).times(ACCOUNTS * SYNCS_A_DAY * DAYS)
