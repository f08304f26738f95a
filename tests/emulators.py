"""The AWS that tests run against: MiniStack, or, for the part marked `moto`, moto's server.

Two independent implementations of DynamoDB and SQS must agree with the code. Only MiniStack is
given concurrency: moto loses updates (it has no lock around a transaction). Neither expires rows
here: code compares expiry, and the clock of a test is not theirs.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from localdev import bootstrap, environment, ministack, ports, template
from localdev.waiting import until

TEMPLATE = template.load((environment.ROOT / "infra" / "resources.yaml").read_text())
STAGE = "test"

Empty = Callable[[], None]
"""Forgets everything and makes what the template declares anew."""


@contextmanager
def on_ministack(port: int, logs: Path) -> Iterator[Empty]:
    child = ministack.child(port, log=logs / "ministack.log")
    child.start()
    ministack.wait_until_healthy(port, child)
    fill = _filling(f"http://127.0.0.1:{port}")

    def empty() -> None:
        ministack.reset(port)
        fill()

    yield empty
    child.stop()


@contextmanager
def on_moto(port: int, logs: Path) -> Iterator[Empty]:
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    url = f"http://127.0.0.1:{port}"
    fill = _filling(url)
    with (
        (logs / "moto.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        until(lambda: ports.is_open(port), seconds=30, what="moto")

        def empty() -> None:
            httpx.post(f"{url}/moto-api/reset").raise_for_status()
            fill()
            # moto's CloudFormation skips schedule groups without a word.
            scheduler = environment.client("scheduler", url)
            for name in ("streams", "digests"):
                scheduler.create_schedule_group(Name=f"ctgo-{STAGE}-{name}")

        yield empty
        server.terminate()


def _filling(url: str) -> Callable[[], None]:
    """Makes what the template declares, and the sender of mails."""
    cloudformation = environment.client("cloudformation", url)
    ses = environment.client("ses", url)

    def fill() -> None:
        bootstrap.put_stack(cloudformation, TEMPLATE, STAGE)
        bootstrap.verify_sender(ses)

    return fill
