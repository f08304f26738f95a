"""A whole run in one process: the real handlers over emulated AWS and the fake X, counted."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from localdev.processes import BUNDLED_WORLD
from localdev.xworld.server import serve
from localdev.xworld.world import XWorld


@dataclass(frozen=True)
class Result:
    """What one run took. Seconds are of this process' core; AWS and X run beside it."""

    profiles: int
    leads: int
    cpu_seconds: float
    wall_seconds: float
    aws_calls: Counter[str]
    upstream_calls: int
    upstream_rows: int


def measure(api: Any, hand: Any, newcomers: int) -> tuple[Result, Result]:
    """A first run over all followers, and a second over `newcomers` new ones."""
    world = XWorld.load(BUNDLED_WORLD, present=0.97)
    with serve(world) as server:
        os.environ |= {"SCRAPEBADGER_BASE_URL": server.url, "APIFY_BASE_URL": server.url}
        from chalicelib import wiring
        from chalicelib.settings import settings

        settings.cache_clear()
        wiring.profiles.cache_clear()
        stream_id = api.create_stream()["id"]
        first = _run(api, hand, stream_id, server)
        world.grow("orbitdesk", newcomers)
        return first, _run(api, hand, stream_id, server)


def _run(api: Any, hand: Any, stream_id: int, server: Any) -> Result:
    from bench.trips import counted

    before = _stats(server)
    with counted() as calls:
        cpu, wall = time.process_time(), time.perf_counter()
        run_id = api.post(f"/streams/{stream_id}/run").json_body["queued"][0]["syncRunId"]
        hand.drain()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    after = _stats(server)
    run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
    if run["status"] != "succeeded":
        raise RuntimeError(f"the run ended as {run['status']}: {run['errorMessage']}")
    return Result(
        profiles=run["newFollowersCount"],
        leads=run["candidatesPassedCount"],
        cpu_seconds=cpu,
        wall_seconds=wall,
        aws_calls=Counter(calls),
        upstream_calls=after[0] - before[0],
        upstream_rows=after[1] - before[1],
    )


def _stats(server: Any) -> tuple[int, int]:
    import httpx

    vendors = httpx.get(f"{server.url}/_control/stats").json().values()
    return sum(v["calls"] for v in vendors), sum(v["rows"] for v in vendors)
