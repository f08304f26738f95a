"""`make localstack`: emulated AWS in Docker, the app beside it, and a stream run to its end.

PROFILE chooses the emulator of localstack-compose.yml: `localstack` or `ministack`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import httpx

from localdev import bootstrap, environment, ports
from localdev.children import Child
from localdev.environment import ROOT, STAGE
from localdev.processes import BUNDLED_WORLD
from localdev.waiting import until

FILE = ROOT / "localstack-compose.yml"
AWS_URL = "http://127.0.0.1:4566"
UP_SECONDS = 180.0
RUN_SECONDS = 120.0
POLL_SECONDS = 2.0
"""A key may ask 60 times a minute."""


class Beside:
    """The app, its worker, the clock of schedules and the fake X, beside an AWS that is there.

    LocalStack's free edition never fires a schedule; our clock does, and no emulator's beside it,
    because schedules are made with ours alone.
    """

    def __init__(self, aws_url: str) -> None:
        self._aws_url = aws_url
        self._scratch = tempfile.TemporaryDirectory(prefix="ctgo-")
        self._ports = {name: ports.free_port() for name in ("api", "scheduler", "xworld")}
        self.base_url = f"{self._url('api')}/api/v2"
        self.env = environment.wired(
            aws_url=aws_url,
            scheduler_url=self._url("scheduler"),
            x_world_url=self._url("xworld"),
            base_url=self.base_url,
        )
        modules = {
            "scheduler": [*self._server("scheduler"), "--aws-url", aws_url],
            "xworld": [*self._server("xworld"), "--world", str(BUNDLED_WORLD)],
            "api": self._server("api"),
            "pump": ["localdev.pump"],
        }
        self._children = [
            Child(name, module, log=Path(self._scratch.name) / f"{name}.log", env=self.env)
            for name, module in modules.items()
        ]

    def __enter__(self) -> Self:
        try:
            for child in self._children[:2]:
                child.start()
            self._wait("scheduler", "xworld")
            bootstrap.deploy(
                ROOT / "infra" / "resources.yaml",
                STAGE,
                aws_url=self._aws_url,
                scheduler_url=self._url("scheduler"),
            )
            for child in self._children[2:]:
                child.start()
            self._wait("api")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._children):
            child.stop()
        self._scratch.cleanup()

    def key(self) -> str:
        """An API key of a user with a paid plan."""
        command = [sys.executable, "-m", "localdev.seed"]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=True)
        return str(json.loads(done.stdout.splitlines()[-1])["apiKey"])

    def run_a_stream(self) -> tuple[dict[str, Any], int]:
        """Create a stream and run it; the run when it has ended, and how many leads there are."""
        headers = {"Authorization": f"Bearer {self.key()}"}
        with httpx.Client(base_url=self.base_url, headers=headers, timeout=60) as api:
            pair = {"accountHandle": "orbitdesk", "segment": {"description": "female founders"}}
            created = api.post("/streams", json={"pairs": [pair], "runNow": True})
            stream = created.raise_for_status().json()
            path = f"/streams/{stream['id']}"
            run = _ended(api, f"{path}/runs/{stream['run']['queued'][0]['syncRunId']}")
            return run, int(api.get(f"{path}/leads").raise_for_status().json()["total"])

    def _server(self, name: str) -> list[str]:
        return [f"localdev.{name}", "--port", str(self._ports[name])]

    def _url(self, name: str) -> str:
        return f"http://{ports.HOST}:{self._ports[name]}"

    def _wait(self, *names: str) -> None:
        for name in names:
            until(lambda port=self._ports[name]: ports.is_open(port), seconds=30, what=name)


def _ended(api: httpx.Client, path: str) -> dict[str, Any]:
    for _ in range(int(RUN_SECONDS / POLL_SECONDS)):
        run: dict[str, Any] = api.get(path).raise_for_status().json()["run"]
        if run["status"] in ("succeeded", "failed"):
            return run
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"the run did not end within {RUN_SECONDS:g} s")


def main() -> int:
    """Start Docker's part, run a stream, and leave the emulator running."""
    if shutil.which("docker") is None:
        print("make localstack needs Docker; `make dev` and `make demo` do without it.")
        return 1
    profile = os.environ.get("PROFILE") or "localstack"
    compose = ["docker", "compose", "-f", str(FILE), "--profile", profile]
    subprocess.run([*compose, "up", "--detach"], check=True)
    until(_answers, seconds=UP_SECONDS, what="emulated AWS", every=1)
    with Beside(AWS_URL) as beside:
        run, leads = beside.run_a_stream()
        print(f"run {run['status']}: {leads} leads, on {AWS_URL}")
    print(f"still running: docker compose -f {FILE.name} --profile {profile} down ends it")
    return int(run["status"] != "succeeded")


def _answers() -> bool:
    try:
        return httpx.get(f"{AWS_URL}/_localstack/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
