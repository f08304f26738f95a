"""The real processes: a stream runs by itself at its quarter hour, in its own time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from localdev.processes import LocalWorld
from localdev.waiting import until

ZONE = "Australia/Lord_Howe"
"""Half an hour off everybody else's hours: UTC+10:30, UTC+11 in summer."""
POLL_SECONDS = 1.2


def test_a_stream_runs_by_itself_at_its_quarter_hour() -> None:
    with (
        LocalWorld(say=lambda _: None) as world,
        httpx.Client(
            base_url=world.base_url,
            headers={"Authorization": f"Bearer {world.api_key}"},
            timeout=30,
        ) as api,
    ):
        pair = {"accountHandle": "orbitdesk", "segment": {"description": "founders"}}
        wanted = {"pairs": [pair], "syncTimes": ["07:15"], "timezone": ZONE}
        stream_id = api.post("streams", json=wanted).raise_for_status().json()["id"]
        path = f"streams/{stream_id}"
        fires_at = str(api.get(path).json()["stream"]["nextRunAt"])
        assert _upcoming(world, stream_id) == fires_at
        assert api.get(f"{path}/runs").json()["runs"] == []

        instant = datetime.fromisoformat(fires_at)
        _set_clock(world, instant - timedelta(seconds=1))  # the hour is brought near
        run = until(
            lambda: _over(api, path), seconds=90, what="the scheduled run", every=POLL_SECONDS
        )
        assert (run["source"], run["status"]) == ("cron", "succeeded")
        assert run["triggeredAt"] == fires_at
        assert run["newFollowersCount"] > 0
        # It fired once, and fires next when the zone's clocks show the same time again.
        following = datetime.fromisoformat(str(_upcoming(world, stream_id)))
        assert timedelta(hours=23) <= following - instant <= timedelta(hours=25)
        assert len(api.get(f"{path}/runs").json()["runs"]) == 1

        api.delete(path).raise_for_status()
        assert _upcoming(world, stream_id) is None


def _over(api: httpx.Client, path: str) -> dict[str, Any] | None:
    for run in api.get(f"{path}/runs").raise_for_status().json()["runs"]:
        if run["completedAt"]:
            return dict(run)
    return None


def _upcoming(world: LocalWorld, stream_id: int) -> str | None:
    """When the local clock fires the stream's schedule next."""
    rows = httpx.get(f"{world.scheduler_url}/_control/next").json()["next"]
    return next((str(row["at"]) for row in rows if f"-{stream_id}-" in row["name"]), None)


def _set_clock(world: LocalWorld, now: datetime) -> None:
    order = {"now": now.isoformat()}
    httpx.post(f"{world.scheduler_url}/_control/clock", json=order).raise_for_status()
