"""What every measurement stands on: emulated AWS with our tables, and a child's environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

from localdev import bootstrap, environment, ministack, ports

STAGE = "local"


@contextmanager
def emulated_aws() -> Iterator[str]:
    """An emulated AWS with what infra/resources.yaml declares; this process is pointed at it."""
    port = ports.free_port()
    with tempfile.TemporaryDirectory() as scratch:
        child = ministack.child(port, log=Path(scratch) / "ministack.log")
        child.start()
        try:
            ministack.wait_until_healthy(port, child)
            url = f"http://127.0.0.1:{port}"
            bootstrap.deploy(environment.ROOT / "infra" / "resources.yaml", STAGE, aws_url=url)
            wired = environment.wired(
                aws_url=url, scheduler_url=url, x_world_url=url, base_url="http://127.0.0.1/api/v2"
            )
            os.environ |= {**wired, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
            os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"
            yield url
        finally:
            child.stop()


@contextmanager
def without_metrics() -> Iterator[None]:
    """Keep the app's metrics out of what a measurement prints.

    Powertools writes out every hundredth value also where metrics are disabled.
    """
    with redirect_stdout(StringIO()):
        yield
