"""`make scale`: 10,000 streams due in the same minute, simulated; writes docs/scale.md and .svg.

Nothing is called: a model of the pipeline with the constants of the code, the limits of the vendors
and of AWS, and the counts of `make bench`.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import track

from chalicelib.scheduling.schedules import FLEXIBLE_MINUTES
from localdev.environment import ROOT
from tools.scaling import costs, curve, model
from tools.scaling.curve import Curve, Panel
from tools.scaling.model import Outcome, Pipeline, fair_share, workers
from tools.scaling.population import (
    LIKES_MOVED,
    NEW_MEAN,
    STANDS_STILL,
    STREAMS,
    WHALE,
    WHALE_ACCOUNTS,
    Account,
    everybody,
)

PAGE, PICTURE = ROOT / "docs" / "scale.md", ROOT / "docs" / "scale.svg"
SEED = 20_261_123
PRO, ENTERPRISE = 1_000, 5_000
"""Calls a minute that ScrapeBadger allows on these plans."""


@dataclass(frozen=True)
class Way:
    """One way of running it."""

    name: str
    per_minute: int
    is_fair: bool = True
    has_slices: bool = True
    readers: int | None = None


def main() -> None:
    """Simulate, draw, write."""
    usual = workers()["scrape"]
    many = ENTERPRISE * 24 // 1_000
    ways = (
        Way(f"pro, {usual} readers", PRO),
        Way(f"enterprise, {usual} readers", ENTERPRISE),
        Way(f"enterprise, {many} readers", ENTERPRISE, readers=many),
        Way("pro, no fair queues", PRO, is_fair=False),
        Way(
            "pro, no fair queues, a reader stays till its end", PRO, is_fair=False, has_slices=False
        ),
    )
    accounts = everybody(random.Random(SEED))
    console = Console(stderr=True)
    bar = track(ways, description="simulating", console=console)
    outcomes = [_play(way, accounts) for way in bar]
    PICTURE.write_text(curve.draw(_panels(ways, outcomes), "Streams read and users served"))
    PAGE.write_text(_page(ways, outcomes, accounts))
    print(PAGE.read_text())


def _play(way: Way, accounts: Sequence[Account]) -> Outcome:
    counted = costs.measured()["first run"]
    return Pipeline(
        accounts,
        per_minute=way.per_minute,
        is_fair=way.is_fair,
        has_slices=way.has_slices,
        readers=way.readers,
        profiles_a_second=counted["profiles"] / counted["core seconds"],
        seed=SEED,
    ).run()


def _page(ways: Sequence[Way], outcomes: Sequence[Outcome], accounts: Sequence[Account]) -> str:
    users = len({account.user for account in accounts})
    measured = costs.measured()
    return f"""# Ten thousand streams due in the same minute

Written by `make scale`: a simulation with the code's own constants (batches of people, the shared
pace of calls, the flexible window, time slices, the workers of `.chalice/config.json`), the
vendors' published limits, and `docs/measured.json`, which `make bench` writes; what is there now
was counted in a first run over {measured["first run"]["profiles"]:,} followers. Nothing was called.
Two figures are assumed, since nobody publishes them: a median of {model.UPSTREAM_SECONDS[0]:g} s
for an answer of ScrapeBadger and of {model.AWS_SECONDS[0] * 1000:g} ms for one of AWS.

{STREAMS:,} streams of {users:,} users are due in one minute, within a flexible window of
{FLEXIBLE_MINUTES} minutes. In {STANDS_STILL:.0%} of them the follower count stands still, so no
list is read; in the others {NEW_MEAN:g} people are new on average. Where the plan has likers,
{LIKES_MOVED:.0%} of the recent posts were liked since. One user, the whale, clicks *run* at the
same instant for {WHALE_ACCOUNTS} accounts of a million followers that nobody read yet.

![Streams served over time, and how long users wait](scale.svg)

{_times(ways, outcomes)}

Minutes from the due time. *Worst user*: how long the last run of an ordinary user took, against
the mean of all users. The last column holds the unluckiest user against an even split: the end of
the window, plus what sharing the vendor's calls evenly among users at each instant would take.

{_reading(outcomes)}

## Dollars

{_money()}
"""


def _times(ways: Sequence[Way], outcomes: Sequence[Outcome]) -> str:
    head = (
        "| ScrapeBadger plan | started, half | started, all | finished, half | finished, all "
        "| worst user / mean | whale done | most calls a minute | worst / even split |"
    )
    rows = [_row(way, outcome) for way, outcome in zip(ways, outcomes, strict=True)]
    return "\n".join([head, "|---" + "|---:" * 8 + "|", *rows])


def _row(way: Way, outcome: Outcome) -> str:
    started = sorted(story.started for story in _ordinary(outcome))
    finished = sorted(story.finished for story in _ordinary(outcome))
    waits = outcome.waits()
    whale = max(story.finished for story in outcome.by_user[WHALE])
    minutes = (started[len(started) // 2], started[-1], finished[len(finished) // 2], finished[-1])
    shown = " | ".join(f"{each / 60:.1f}" for each in minutes)
    ratio = f"{waits[-1] / 60:.1f} / {statistics.mean(waits) / 60:.1f} = {_ratio(outcome):.2f}"
    return (
        f"| {way.name} | {shown} | {ratio} | {whale / 60:.1f} | {outcome.most_in_a_minute:,} "
        f"of {way.per_minute:,} | {_against_share(outcome, way.per_minute):.2f} |"
    )


def _ratio(outcome: Outcome) -> float:
    waits = outcome.waits()
    return waits[-1] / statistics.mean(waits)


def _against_share(outcome: Outcome, per_minute: int) -> float:
    shares = fair_share(outcome, per_minute)
    return max(
        max(story.finished for story in stories) / (shares[user] + FLEXIBLE_MINUTES * 60)
        for user, stories in outcome.by_user.items()
        if user != WHALE
    )


def _reading(outcomes: Sequence[Outcome]) -> str:
    pro, _, many, unfair, greedy = outcomes
    last = max(story.started for story in _ordinary(many)) / 60
    alone, used = _calls(pro) / PRO, pro.most_in_a_minute / PRO
    ratios = [f"{_ratio(each):.2f}" for each in (pro, unfair, greedy)]
    return f"""What limits is the vendor. On the pro plan the calls take {alone:.0f} minutes, and
the shared pace lets {used:.0%} of them go, so that no minute ever sees too many. On the enterprise
plan it is the readers; with enough of them all streams start within {last:.1f} minutes.

The whale delays nobody by much. The worst user waits {ratios[0]} times the mean as it is,
{ratios[1]} without fair queues, and {ratios[2]} without time slices either: a reader that finds no
call left hands its account back to the queue, so in this model nobody holds the workers anyway."""


def _calls(outcome: Outcome) -> int:
    return sum(story.wanted for story in outcome.stories)


def _money() -> str:
    month = costs.of_month()
    first, steady = (costs.per_thousand_leads(kind) for kind in ("first run", "steady state"))
    rows = [
        f"| {name} | {first.lines[name]:.4f} | {steady.lines[name]:.4f} | {cost:,.2f} |"
        for name, cost in month.lines.items()
    ]
    sums = [
        f"| **{name}** | **{of(first):.3f}** | **{of(steady):.3f}** | **{of(month):,.0f}** |"
        for name, of in (("AWS", lambda bill: bill.aws), ("all", lambda bill: bill.total))
    ]
    return "\n".join(
        [
            "List prices of us-east-1 without free tiers; calls of the API are not in it. A month",
            f"is {costs.ACCOUNTS:,} accounts with {costs.SYNCS_A_DAY} syncs a day, and "
            f"{costs.NEW_A_SYNC} new people in each.\n",
            "| | 1,000 leads, first run | 1,000 leads, steady state | 10,000 accounts, a month |",
            "|---|---:|---:|---:|",
            *rows,
            *sums,
        ]
    )


def _panels(ways: Sequence[Way], outcomes: Sequence[Outcome]) -> list[Panel]:
    over_time = [
        Curve(f"{way.name}: finished", _grows([s.finished for s in _ordinary(outcome)]), number)
        for number, (way, outcome) in enumerate(zip(ways[:3], outcomes[:3], strict=True))
    ]
    begun = [story.started for story in _ordinary(outcomes[2])]
    over_time.append(Curve(f"{ways[2].name}: first call", _grows(begun), 2, is_dashed=True))
    waits = [
        Curve(ways[number].name, _sorted_waits(outcomes[number]), colour, is_dashed=bool(colour))
        for colour, number in enumerate((0, 3, 4))
    ]
    return [
        Panel("Streams served", "minutes after the due time", "streams", over_time),
        Panel("How long users wait", "users, % (shortest wait first)", "minutes", waits),
    ]


def _grows(moments: Sequence[float]) -> list[tuple[float, float]]:
    every = sorted(moments)
    step = max(1, len(every) // 200)
    points = [(moment / 60, number + 1.0) for number, moment in enumerate(every)]
    return [(0.0, 0.0), *points[::step], points[-1]]


def _sorted_waits(outcome: Outcome) -> list[tuple[float, float]]:
    waits = outcome.waits()
    step = max(1, len(waits) // 200)
    points = [(100 * n / (len(waits) - 1), wait / 60) for n, wait in enumerate(waits)]
    return [*points[::step], points[-1]]


def _ordinary(outcome: Outcome) -> list[model.Story]:
    return [story for story in outcome.stories if story.account.user != WHALE]


if __name__ == "__main__":
    main()
