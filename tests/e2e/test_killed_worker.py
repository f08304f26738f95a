"""The real processes: a worker that is killed in the middle of a run costs nothing but time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any, Self

import httpx

from localdev.processes import LocalWorld
from localdev.waiting import until

SLOW_PAGES = {"vendor": "scrapebadger", "path": "/v1/twitter/users/orbitdesk", "kind": "slow"}
POLL_SECONDS = 1.2
"""A key may ask 60 times a minute; two callers share the test."""
RUN_SECONDS = 150
"""A killed worker's message comes back after the queue's visibility time-out of 45 s."""


class Caller:
    """One user of the running world."""

    def __init__(self, world: LocalWorld, email: str) -> None:
        seed = [sys.executable, "-m", "localdev.seed", "--email", email]
        done = subprocess.run(seed, env=world.env, capture_output=True, text=True, check=True)
        key = json.loads(done.stdout.splitlines()[-1])["apiKey"]
        self._http = httpx.Client(
            base_url=world.base_url, headers={"Authorization": f"Bearer {key}"}, timeout=30
        )
        self.path = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def start(self) -> None:
        segment = {"description": "software engineers and founders"}
        pair = {"accountHandle": "orbitdesk", "accountTier": "pro", "segment": segment}
        created = self._http.post("streams", json={"pairs": [pair], "runNow": True})
        created.raise_for_status()
        self.path = f"streams/{created.json()['id']}"

    def run(self) -> dict[str, Any]:
        answer = self._http.get(f"{self.path}/runs").raise_for_status()
        return dict(answer.json()["runs"][0])

    def leads(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        cursor = ""
        while True:
            query = f"limit=500{cursor}"
            page = self._http.get(f"{self.path}/leads?{query}").raise_for_status().json()
            found += [(x["profile"]["xUserId"], x["matchConfidence"]) for x in page["leads"]]
            if not page["hasMore"]:
                return sorted(found)
            cursor = f"&cursor={page['nextCursor']}"


def test_a_killed_worker_ends_with_the_same_leads() -> None:
    with (
        LocalWorld(say=lambda _: None, growth_seconds=0) as world,
        Caller(world, "one@example.org") as undisturbed,
        Caller(world, "two@example.org") as disturbed,
    ):
        undisturbed.start()
        _finish(undisturbed)
        fault = {**SLOW_PAGES, "times": -1, "seconds": 0.3}
        httpx.post(f"{world.x_world_url}/_control/faults", json=[fault]).raise_for_status()
        disturbed.start()
        until(
            lambda: disturbed.run()["newFollowersCount"] >= 200,
            seconds=60,
            what="a few pages",
            every=POLL_SECONDS,
        )
        world.stop_worker(signal.SIGKILL)
        httpx.delete(f"{world.x_world_url}/_control/faults").raise_for_status()
        assert disturbed.run()["status"] == "running"
        _finish(disturbed)

        assert disturbed.leads() == undisturbed.leads()
        assert len(disturbed.leads()) == len({person for person, _ in disturbed.leads()}) > 50
        told = (
            "status",
            "newFollowersCount",
            "candidatesPassedCount",
            "skippedBots",
            "completeness",
        )
        assert {name: disturbed.run()[name] for name in told} == {
            name: undisturbed.run()[name] for name in told
        }


def _finish(caller: Caller) -> None:
    until(
        lambda: caller.run()["completedAt"] is not None,
        seconds=RUN_SECONDS,
        what="the run",
        every=POLL_SECONDS,
    )
    assert caller.run()["status"] == "succeeded"
