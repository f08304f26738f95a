"""A run over very many followers, and one over a few new among them: the real handlers, counted.

Seconds are those of the thread that runs the handlers; the emulated AWS and the fake X work beside
it and are not in them.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from bench.counting import Counts, Meter
from localdev.processes import BUNDLED_WORLD
from localdev.xworld.server import Server, serve
from localdev.xworld.world import XWorld

FOLLOWERS = 100_000
NEWCOMERS = 100
HANDLE = "orbitdesk"
PACE = "60000"
"""Calls to X in a minute: more than are made, so that nothing waits; taking turns still counts."""


@dataclass
class Taken:
    """Messages that a handler took, and the seconds of CPU that they took it."""

    messages: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """What one run took."""

    by_function: Mapping[str, Taken]
    profiles: int
    leads: int
    counts: Counts
    upstream_calls: int
    upstream_rows: int
    least_rows: int
    """The account itself, and each new follower once."""

    @property
    def invocations(self) -> int:
        """Messages that handlers took."""
        return sum(taken.messages for taken in self.by_function.values())

    @property
    def seconds(self) -> float:
        """CPU of all handlers."""
        return sum(taken.seconds for taken in self.by_function.values())


def measure(
    api: Any, hand: Any, *, followers: int = FOLLOWERS, say: Callable[[int], None]
) -> tuple[Result, Result, Result]:
    """A run over all, one over the new ones, one that finds nobody new. `say`: people as judged."""
    with _many_followers(followers) as server:
        stream_id = api.create_stream()["id"]
        hand.drain()
        first = _run(api, hand, stream_id, server, say)
        server.world.grow(HANDLE, NEWCOMERS)
        second = _run(api, hand, stream_id, server, say)
        return first, second, _run(api, hand, stream_id, server, say)


@contextmanager
def _many_followers(number: int) -> Iterator[Server]:
    from chalicelib import wiring
    from chalicelib.settings import settings

    before = dict(os.environ)
    world = XWorld.load(BUNDLED_WORLD)
    world.set_audience(HANDLE, number)
    with serve(world, per_minute=10**9) as server:
        changes = {"SCRAPEBADGER_BASE_URL": server.url, "APIFY_BASE_URL": server.url}
        os.environ |= changes | {"BASELINE_CAP": str(number), "SCRAPEBADGER_PER_MINUTE": PACE}
        settings.cache_clear()
        wiring.profiles.cache_clear()
        try:
            yield server
        finally:
            os.environ.clear()
            os.environ |= before
            settings.cache_clear()
            wiring.profiles.cache_clear()


def _run(api: Any, hand: Any, stream_id: int, server: Server, say: Callable[[int], None]) -> Result:
    before = _asked(server)
    meter = Meter()
    work = _Work(hand, meter, say)
    with meter.installed(), work.watched():
        run_id = api.post(f"/streams/{stream_id}/run").json_body["queued"][0]["syncRunId"]
        hand.drain()
    calls, rows = (now - then for now, then in zip(_asked(server), before, strict=True))
    run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
    if run["status"] != "succeeded":
        raise RuntimeError(f"the run ended as {run['status']}: {run['errorMessage']}")
    new = run["newFollowersCount"]
    leads = run["candidatesPassedCount"]
    return Result(work.taken, new, leads, meter.counts, calls, rows, 1 + new)


class _Work:
    """Counts what handlers do; fetching and deleting messages is the event source's part."""

    def __init__(self, hand: Any, meter: Meter, say: Callable[[int], None]) -> None:
        self.taken: dict[str, Taken] = defaultdict(Taken)
        self._hand = hand
        self._handle = hand.handle
        self._meter = meter
        self._say = say

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Stand between the hand and the handlers."""
        self._hand.handle = self._count
        try:
            yield
        finally:
            self._hand.handle = self._handle

    def _count(self, source: Any, message: Any) -> None:
        from chalicelib.runs.audience import BATCH_SIZE

        began = time.thread_time()
        with self._meter.running():
            self._handle(source, message)
        taken = self.taken[source.function]
        taken.seconds += time.thread_time() - began
        taken.messages += 1
        if source.function == "enrich":
            self._say(BATCH_SIZE)


def _asked(server: Server) -> tuple[int, int]:
    vendors = httpx.get(f"{server.url}/_control/stats").json().values()
    return sum(v["calls"] for v in vendors), sum(v["rows"] for v in vendors)


def facts(result: Result) -> dict[str, float]:
    """What others reckon with."""
    counts = result.counts
    return {
        "profiles": result.profiles,
        "leads": result.leads,
        "invocations": result.invocations,
        "core seconds": round(result.seconds, 4),
        "AWS calls": counts.calls.total(),
        "messages sent": counts.calls["SendMessageBatch"],
        "read units": round(counts.read_units),
        "write units": round(counts.write_units),
        "upstream calls": result.upstream_calls,
        "upstream rows": result.upstream_rows,
    }


def section(first: Result, second: Result, still: Result) -> str:
    """The part of docs/performance.md that says so."""
    columns: list[tuple[str, Callable[[Result], str]]] = [
        ("new profiles", lambda r: f"{r.profiles:,}"),
        ("of them leads", lambda r: f"{r.leads:,}"),
        ("profiles a second and core", lambda r: _each(r.profiles, r.seconds, "{:,.0f}")),
        ("upstream calls", lambda r: f"{r.upstream_calls:,}"),
        ("upstream rows", lambda r: f"{r.upstream_rows:,}"),
        ("upstream rows, the least possible", lambda r: f"{r.least_rows:,}"),
        ("AWS calls", lambda r: f"{r.counts.calls.total():,}"),
        ("AWS calls a profile", lambda r: _each(r.counts.calls.total(), r.profiles)),
        ("AWS calls a lead", lambda r: _each(r.counts.calls.total(), r.leads)),
        ("write units a profile (floor: 1)", lambda r: _each(r.counts.write_units, r.profiles)),
        ("write units a lead", lambda r: _each(r.counts.write_units, r.leads)),
        ("read units a profile", lambda r: _each(r.counts.read_units, r.profiles)),
    ]
    runs = (first, second, still)
    heads = f"first run over {first.profiles:,} | {NEWCOMERS} new among them | nobody new"
    rows = [f"| {name} | {' | '.join(map(show, runs))} |" for name, show in columns]
    return "\n".join(
        [
            "## A run, whole pipeline\n",
            "The plan's cap is raised for it. Write units are doubled within transactions "
            "and count indexes; what the event source asks of SQS is left out.\n",
            f"| | {heads} |\n|---|---:|---:|---:|",
            *rows,
            "",
            "| per 1,000 profiles | first run | steady state |\n|---|---:|---:|",
            *_shares(first, second, lambda r: r.counts.calls),
            *_shares(first, second, lambda r: _units(r.counts)),
        ]
    )


def _each(sum_of: float, number: float, shown: str = "{:,.2f}") -> str:
    return shown.format(sum_of / number) if number else ""


def _units(counts: Counts) -> dict[str, float]:
    tables = {f"write units, {_short(name)}": units for name, units in counts.units.items()}
    indexes = {
        f"write units, indexes of {_short(n)}": units
        for n, units in counts.index_units.items()
        if units
    }
    return {name: float(units) for name, units in (tables | indexes).items()}


def _short(table: str) -> str:
    return table.split("-", 2)[2]


def _shares(first: Result, second: Result, of: Callable[[Result], Any]) -> Iterator[str]:
    one, other = of(first), of(second)
    for name in sorted(one.keys() | other.keys(), key=lambda name: -one.get(name, 0)):
        if not one.get(name) and not other.get(name):
            continue
        shown = (
            f"{found.get(name, 0) * 1000 / result.profiles:,.1f}"
            for found, result in ((one, first), (other, second))
        )
        yield f"| {name} | {' | '.join(shown)} |"
