"""`python -m tools.contract`: what the API says of itself against what it does, by Schemathesis.

Starts a local world, makes a stream with leads in it, and has requests made up from /openapi.json
sent to it for a bounded time, while every answer is held against the document.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from localdev.processes import LocalWorld
from localdev.waiting import until

ROOT = Path(__file__).resolve().parent.parent
UNLIMITED = {"REQUESTS_PER_MINUTE": "1000000"}
"""The rate limit has tests of its own; here it would refuse all but the first requests."""
UNTRIED = ("revoke_api_key",)
"""Operations that would take away the key that all requests are made with."""
UNCHECKED = (
    # JSON Schema does not say which fields go together, nor what a cursor or a time zone is.
    "positive_data_acceptance",
    # A create that is replayed under its Idempotency-Key names what was deleted meanwhile.
    "ensure_resource_availability",
    # A deleted stream is archived: it stays readable.
    "use_after_free",
)


def main() -> int:
    """Run it all; the exit code is Schemathesis' own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="the longest it may take")
    parser.add_argument("--operation", help="the id of the one operation to try")
    given = parser.parse_args()
    with LocalWorld(env=UNLIMITED) as world, tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "schemathesis.toml"
        known.write_text(configuration(_populated(world)))
        wanted = command(world, known, given.seconds, given.operation)
        # No results of earlier runs, and no file that outlives this one.
        env = os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": folder}
        return subprocess.run(wanted, cwd=folder, env=env, check=False).returncode


def _populated(world: LocalWorld) -> dict[str, int]:
    """Make a stream and wait for its first leads. Returns ids for the paths of requests."""
    headers = {"Authorization": f"Bearer {world.api_key}"}
    with httpx.Client(base_url=world.base_url, headers=headers, timeout=60) as api:

        def ask(path: str) -> Any:
            return api.get(path).raise_for_status().json()

        pair = {
            "accountHandle": "orbitdesk",
            "segment": {"description": "software engineers and founders"},
        }
        body = {"pairs": [pair], "runNow": True}
        made = api.post("/streams", json=body).raise_for_status().json()
        path = f"/streams/{made['id']}"
        leads = until(lambda: ask(f"{path}/leads")["leads"], seconds=120, what="leads", every=0.5)
        return {
            "stream_id": made["id"],
            "account_id": made["accounts"][0]["accountId"],
            "run_id": ask(f"{path}/runs")["runs"][0]["id"],
            "lead_id": leads[0]["id"],
        }


def configuration(known: dict[str, int]) -> str:
    """Schemathesis' configuration: ids, for made-up ones would meet nothing, and fair failures.

    502 and 503 say that Stripe or a provider of contacts cannot be reached; none is here.
    """
    lines = [f'"path.{name}" = {value}' for name, value in known.items()]
    fine = 'not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "502", "503"]'
    return "\n".join(["[parameters]", *lines, "", "[checks]", fine, ""])


def command(world: LocalWorld, known: Path, seconds: int, operation: str | None) -> list[str]:
    """What is run against the world.

    One worker: the standard library's `ast` of Python 3.11, which Hypothesis leans on, fails now
    and then when several threads use it.
    """
    which = [("--exclude-operation-id", name) for name in UNTRIED]
    if operation:
        which = [("--include-operation-id", operation)]
    return [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(known)),
        "run",
        f"{world.base_url}/openapi.json",
        *("--header", f"Authorization: Bearer {world.api_key}"),
        *("--checks", "all"),
        *("--exclude-checks", ",".join(UNCHECKED)),
        *("--workers", "1"),
        *("--max-time", str(seconds)),
        *("--generation-allow-x00", "false"),
        "--continue-on-failure",
        *(part for pair in which for part in pair),
    ]


if __name__ == "__main__":
    sys.exit(main())
