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
PROFILES = ("localstack", "ministack")
AWS_URL = "http://127.0.0.1:4566"
UP_SECONDS = 180.0
RUN_SECONDS = 120.0
POLL_SECONDS = 2.0
"""A key may ask 60 times a minute."""


class StartFailed(Exception):
    """There is no emulator to work with; the message is one sentence for people."""


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


def main(aws_url: str = AWS_URL) -> int:
    """Start Docker's part, run a stream, and leave the emulator running; 1 when one did not work.

    `aws_url` is where the emulator's port is; 2 refuses an unknown PROFILE.
    """
    profile = os.environ.get("PROFILE") or PROFILES[0]
    if profile not in PROFILES:
        print(f"PROFILE={profile} is none of: {', '.join(PROFILES)}")
        return 2
    compose = ["docker", "compose", "-f", str(FILE), "--profile", profile]
    try:
        _start(compose)
        wait_until_ready(profile, aws_url)
    except (StartFailed, TimeoutError) as error:
        print(error)
        return 1
    with Beside(aws_url) as beside:
        run, leads = beside.run_a_stream()
        print(f"run {run['status']}: {leads} leads, on {aws_url}")
    print(f"still running: docker compose -f {FILE.name} --profile {profile} down ends it")
    return int(run["status"] != "succeeded")


def _start(compose: list[str]) -> None:
    if shutil.which("docker") is None:
        raise StartFailed("make localstack needs Docker; `make dev` and `make demo` do without it.")
    if subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False
    ).returncode:
        raise StartFailed(
            "make localstack needs Docker's compose plugin: `docker compose version` must answer;"
            " `make dev` and `make demo` do without it."
        )
    if subprocess.run([*compose, "up", "--detach"], check=False).returncode:
        raise StartFailed("docker compose could not start the emulator; it says why above.")


def wait_until_ready(
    profile: str, aws_url: str, *, seconds: float = UP_SECONDS, every: float = 1
) -> None:
    """Return once the emulator serves and, on LocalStack, the scripts of ready.d have run.

    They run after its health is good, and make the stack. Raises StartFailed naming those that
    failed, or TimeoutError.
    """
    what = f"{profile} on {aws_url}"
    until(lambda: _is_ready(profile, aws_url), seconds=seconds, what=what, every=every)


def _is_ready(profile: str, aws_url: str) -> bool:
    if _answer(f"{aws_url}/_localstack/health") is None:
        return False
    return profile != "localstack" or _has_run_scripts(aws_url)


def _has_run_scripts(aws_url: str) -> bool:
    """Whether they have, by LocalStack's account of them: docs.localstack.cloud, "init hooks"."""
    found = _answer(f"{aws_url}/_localstack/init/ready")
    if found is None:
        return False
    failed = [script["name"] for script in found["scripts"] if script["state"] == "ERROR"]
    if failed:
        raise StartFailed(
            f"LocalStack's ready script failed, its log says why: {', '.join(failed)}"
        )
    return bool(found["completed"])


def _answer(url: str) -> dict[str, Any] | None:
    """The JSON object at an address, or None while there is none."""
    try:
        answer = httpx.get(url, timeout=5)
        found = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return None
    return found if isinstance(found, dict) else None


if __name__ == "__main__":
    raise SystemExit(main())
