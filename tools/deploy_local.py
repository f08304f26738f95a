"""`make deploy-local`: the packaged stage on emulated AWS, and a stream run through it.

MiniStack takes the template that AWS would take, through CloudFormation, and runs the archive's
functions behind its own API Gateway, SQS and schedules. docs/deploy.md lists what it does not do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from localdev import environment, ministack, ports
from localdev.children import Child
from localdev.processes import BUNDLED_WORLD
from localdev.waiting import until
from tools.deploy import secrets
from tools.deploy.deploying import deploy
from tools.packaging.__main__ import package
from tools.packaging.tree import ROOT, of_this_machine

STAGE = "dev"
OUT = ROOT / "dist" / "local"
RUN_SECONDS = 120.0
POLL_SECONDS = 2.0
"""A key may ask 60 times a minute."""


def main() -> int:
    """Package, deploy, run; 1 when the run did not succeed."""
    os.environ.update(environment.isolated())
    package(STAGE, of_this_machine(), OUT)
    with tempfile.TemporaryDirectory(prefix="ctgo-") as scratch:
        aws_port, x_port = ports.free_port(), ports.free_port()
        emulator = ministack.child(aws_port, log=Path(scratch) / "ministack.log")
        options = ["--port", str(x_port), "--world", str(BUNDLED_WORLD)]
        people = Child(
            "xworld",
            ["localdev.xworld", *options],
            log=Path(scratch) / "xworld.log",
            env=environment.isolated(),
        )
        try:
            emulator.start()
            people.start()
            ministack.wait_until_healthy(aws_port, emulator)
            until(lambda: ports.is_open(x_port), seconds=30, what="the fake X")
            return _deploy_and_run(
                f"http://{ports.HOST}:{aws_port}", f"http://{ports.HOST}:{x_port}"
            )
        finally:
            people.stop()
            emulator.stop()


def _deploy_and_run(aws_url: str, x_url: str) -> int:
    console = Console()

    def make_client(service: str) -> Any:
        return environment.client(service, aws_url)

    settings = {
        "SCRAPEBADGER_BASE_URL": x_url,
        "SCRAPEBADGER_API_KEY": "sb_local",
        "APIFY_BASE_URL": x_url,
        "APIFY_TOKEN": "apify_local",
    }
    secrets.ensure(make_client("secretsmanager"), STAGE, settings)
    began = time.monotonic()
    with console.status("CloudFormation ..."):
        outputs = deploy(
            make_client,
            STAGE,
            OUT,
            json.loads((ROOT / "infra" / "parameters" / f"{STAGE}.json").read_text()),
            bucket="ctgo-archives",
            say=lambda line: console.log(line, highlight=False),
            look_seconds=0.2,
        )
    console.print(f"deployed in {time.monotonic() - began:.0f} s: {outputs['ApiUrl']}")
    key = _seed(aws_url, make_client("secretsmanager"))
    host = f"{outputs['RestAPIId']}.execute-api.localhost"
    with httpx.Client(
        base_url=f"{aws_url}/api/api/v2",
        headers={"Host": f"{host}:{aws_url.rpartition(':')[2]}", "Authorization": f"Bearer {key}"},
        timeout=60,
    ) as api:
        return _run_a_stream(api, console)


def _seed(aws_url: str, store: Any) -> str:
    held = store.get_secret_value(SecretId=secrets.name_of(STAGE))["SecretString"]
    env = environment.isolated() | json.loads(held) | {"STAGE": STAGE, "AWS_ENDPOINT_URL": aws_url}
    command = [sys.executable, "-m", "localdev.seed"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout.splitlines()[-1])["apiKey"])


def _run_a_stream(api: httpx.Client, console: Console) -> int:
    pair = {"accountHandle": "orbitdesk", "segment": {"description": "female founders"}}
    created = api.post("/streams", json={"pairs": [pair], "syncTimes": []}).raise_for_status()
    stream = created.json()["id"]
    queued = api.post(f"/streams/{stream}/run").raise_for_status().json()["queued"]
    with console.status("a run, through API Gateway, SQS and Lambda ..."):
        run = _ended(api, f"/streams/{stream}/runs/{queued[0]['syncRunId']}")
    leads = api.get(f"/streams/{stream}/leads").raise_for_status().json()
    refused = api.delete("/me/nothing-here").status_code
    console.print(
        f"run {run['status']}: {leads['total']} leads, "
        f"the newest @{leads['leads'][0]['profile']['handle']}"
    )
    console.print(f"an unknown path answers {refused}")
    return int(run["status"] != "succeeded" or not leads["total"])


def _ended(api: httpx.Client, path: str) -> dict[str, Any]:
    """The run, once it has ended. Raises TimeoutError."""
    for _ in range(int(RUN_SECONDS / POLL_SECONDS)):
        run: dict[str, Any] = api.get(path).raise_for_status().json()["run"]
        if run["status"] in ("succeeded", "failed"):
            return run
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"the run did not end: {run}")


if __name__ == "__main__":
    raise SystemExit(main())
