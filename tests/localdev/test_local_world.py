"""The whole local world with a tiny app: it starts, works, survives and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from localdev import environment, ports
from localdev.processes import LocalWorld
from localdev.waiting import until
from tests.localdev.conftest import TEMPLATE
from tests.localdev.test_local_children import gone

APP = "tests.localdev.tiny_app:app"
TINY: dict[str, Any] = {"app": APP, "template": TEMPLATE, "seeded": False}


def note(world: LocalWorld, name: str) -> dict[str, Any]:
    """What the worker wrote about a job."""
    dynamodb = environment.client("dynamodb", world.aws_url)
    found = dynamodb.get_item(TableName="tiny-local-notes", Key={"id": {"S": name}})
    return dict(found.get("Item", {}))


def send(world: LocalWorld, name: str) -> None:
    sqs = environment.client("sqs", world.aws_url)
    url = sqs.get_queue_url(QueueName="tiny-local-jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"id": name}))


def firing(control: str, name: str) -> str | None:
    """When a schedule fires next."""
    rows = httpx.get(f"{control}/next").json()["next"]
    return next((str(row["at"]) for row in rows if row["name"] == name), None)


def test_requests_jobs_schedules_and_people_work_together() -> None:
    said: list[str] = []
    with LocalWorld(**TINY, say=said.append) as world:
        pids = world.pids
        assert httpx.get(f"{world.base_url}/ping").json() == {"ok": True}
        assert httpx.get(f"{world.x_world_url}/_control/stats").is_success

        send(world, "before")
        before = until(lambda: note(world, "before"), seconds=30, what="the first job")
        world.stop_worker()
        send(world, "after")
        until(lambda: note(world, "after"), seconds=30, what="the job after the kill")
        # Not the note of now: a job that was not signed off before the kill is done once more.
        assert note(world, "after")["pid"] != before["pid"]
        assert "pump ended with status -9" in said[0]

        control = f"{world.scheduler_url}/_control"
        for name, job in (("tiny-local-nightly", "nightly"), ("rounds", "rounds at {}")):
            at = until(lambda name=name: firing(control, name), seconds=30, what=name)  # type: ignore[misc]
            httpx.post(f"{control}/clock", json={"now": at}).raise_for_status()
            done = job.format(at)
            until(lambda done=done: note(world, done), seconds=30, what=done)  # type: ignore[misc]

    assert all(gone(pid) for pid in pids.values())


def test_data_survive_a_restart_and_a_reset_forgets_them(tmp_path: Path) -> None:
    folders = {"state_dir": tmp_path / "state", "logs_dir": tmp_path / "logs"}
    with LocalWorld(**TINY, **folders) as world:
        send(world, "kept")
        until(lambda: note(world, "kept"), seconds=30, what="the job")
        scheduler = environment.client("scheduler", world.scheduler_url)
        scheduler.create_schedule(
            Name="kept",
            ScheduleExpression="cron(0 9 * * ? *)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": "arn:aws:sqs:us-east-1:000000000000:x", "RoleArn": "arn:aws:iam::0:r"},
        )
    with LocalWorld(**TINY, **folders) as world:
        assert note(world, "kept")
        scheduler = environment.client("scheduler", world.scheduler_url)
        assert scheduler.get_schedule(Name="kept")["State"] == "ENABLED"
    with LocalWorld(**TINY, **folders, reset=True) as world:
        assert not note(world, "kept")
        control = f"{world.scheduler_url}/_control"
        assert firing(control, "tiny-local-nightly")
        assert not firing(control, "kept")


def test_the_world_breaks_with_its_aws() -> None:
    with LocalWorld(**TINY) as world:
        os.kill(world.pids["ministack"], signal.SIGKILL)
        until(lambda: world.broken, seconds=30, what="the news")
        assert "ministack ended with status -9" in str(world.broken)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"app": "no_such_module:app"}, "api did not start(.|\n)*no_such_module"),
        ({"world": Path("nowhere.jsonl")}, "xworld did not start(.|\n)*nowhere.jsonl"),
    ],
)
def test_what_does_not_start_is_named_and_nothing_is_left(
    changes: dict[str, Any], message: str
) -> None:
    world = LocalWorld(**(TINY | changes))
    with pytest.raises(RuntimeError, match=message), world:
        pass
    assert world.pids == {}


def test_a_port_in_use_is_named() -> None:
    with LocalWorld(**TINY) as world:
        port = int(world.base_url.split(":")[2].split("/")[0])
        with (
            pytest.raises(RuntimeError, match=f"port {port} is taken"),
            LocalWorld(**TINY, port=port),
        ):
            pass
        assert httpx.get(f"{world.base_url}/ping").is_success


DEV = f"""
from pathlib import Path
from localdev.dev import main
main(app={APP!r}, template=Path({str(TEMPLATE)!r}), seeded=False)
"""


@contextmanager
def developing(home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`make dev` with its data in `home`, and what it wrote to dev.json."""
    env = environment.isolated() | {"LOCAL_DIR": str(home), "PORT": str(ports.free_port())}
    command = [sys.executable, "-c", DEV]
    facts = home / "dev.json"
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as dev:
        try:
            until(lambda: facts.exists() or dev.poll() is not None, seconds=30, what="dev.json")
            yield dev, json.loads(facts.read_text())
        finally:
            dev.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_dev_ends_in_order_and_tells_a_second_one(tmp_path: Path, number: signal.Signals) -> None:
    with developing(tmp_path) as (dev, facts):
        assert facts["baseUrl"].endswith("/api/v2")
        assert httpx.get(f"{facts['baseUrl']}/ping").is_success
        env = environment.isolated() | {"LOCAL_DIR": str(tmp_path)}
        second = subprocess.run(
            [sys.executable, "-c", DEV], env=env, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert f"already running here: process {dev.pid}, {facts['baseUrl']}" in second.stderr

        dev.send_signal(number)
        said, _ = dev.communicate(timeout=60)

    assert dev.returncode == 0
    assert "ready after" in said
    assert all(gone(pid) for pid in facts["pids"].values())
    assert not (tmp_path / "dev.json").exists()


def test_a_killed_dev_takes_everything_along_and_loses_nothing(tmp_path: Path) -> None:
    with developing(tmp_path) as (dev, facts):
        dynamodb = environment.client("dynamodb", facts["awsUrl"])
        dynamodb.put_item(TableName="tiny-local-notes", Item={"id": {"S": "kept"}})
        dev.kill()
        dev.wait()
    for pid in facts["pids"].values():
        until(lambda pid=pid: gone(pid), seconds=30, what=f"the end of {pid}")  # type: ignore[misc]

    with LocalWorld(**TINY, state_dir=tmp_path / "state") as world:
        assert note(world, "kept")


def test_dev_ends_when_its_aws_dies(tmp_path: Path) -> None:
    with developing(tmp_path) as (dev, facts):
        os.kill(facts["pids"]["ministack"], signal.SIGKILL)
        said, _ = dev.communicate(timeout=60)
    assert dev.returncode == 1
    assert "cannot go on: ministack ended with status -9" in said
    assert all(gone(pid) for pid in facts["pids"].values())
