"""`python -m tools.contract`: what the API says of itself against what it does, by Schemathesis.

Starts a local world, makes a stream with leads in it, and has requests made up from /openapi.json
sent to it for a bounded time, while every answer is held against the document.
"""

from __future__ import annotations

import argparse
import json
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
UNTRIED = ("revoke_api_key", "delete_me", "erase_lead")
"""Operations that would take away the key, the user or the lead that all requests need."""
STATES = ("409", "422", "429", "502", "503")
"""What a request without a fault may meet: a taken name, a used Idempotency-Key, no credits, a
limit, and Stripe or a finder of contacts that is not here."""
REFUSED_BY_RULE = {
    "a cursor is signed, so that a made-up one is none": (
        "list_leads",
        "list_leads_of_stream",
        "list_runs",
        "list_runs_of_stream",
        "list_enrich_lookups",
        "list_email_lookups",
        "list_webhook_messages",
        "list_stream_webhook_messages",
    ),
    "a token or a signature that was made up is none": (
        "finish_sign_in",
        "receive_stripe_event",
        "download_file",
        "ask_to_unsubscribe",
        "unsubscribe",
    ),
    "1.0 is an integer to JSON Schema, but here no type is coerced": (
        "give_feedback",
        "open_checkout",
        "unsubscribe_webhook",
    ),
    "an archived stream is not run and a sleeping account has no tier to change (400)": (
        "run_stream",
        "retest_stream",
        "change_account_tier",
    ),
    "zones, labels, mail domains, public addresses, pairs that differ are beyond JSON Schema": (
        "sign_in",
        "create_stream",
        "change_stream",
        "create_segment",
        "subscribe_webhook",
        "change_notification_settings",
        "create_dm_template",
        "replace_dm_template",
    ),
}
"""Operations that refuse with 400 what fits their schema, and the rule of the contract that asks
for it. The tests of each room hold these refusals."""
STAYS_KNOWN = {
    # A deleted stream is archived: it stays readable and can be restored.
    "use_after_free": (
        "get_stream",
        "change_stream",
        "archive_stream",
        "run_stream",
        "retest_stream",
        "list_runs_of_stream",
        "get_run",
        "list_leads_of_stream",
        "list_stream_webhook_messages",
        "rotate_stream_webhook_secret",
        "replay_stream_webhook",
        "try_stream_webhook",
        # What an ended subscription was sent can still be seen.
        "list_webhook_messages",
    ),
    # A create that is replayed under its Idempotency-Key names what was deleted meanwhile.
    "ensure_resource_availability": (
        "get_dm_template",
        "replace_dm_template",
        "delete_dm_template",
    ),
}
"""Checks that one rule of the contract contradicts, and where it does."""


def main() -> int:
    """Run it all; the exit code is Schemathesis' own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="the longest it may take")
    parser.add_argument("--seed", type=int, help="to try the same requests again")
    parser.add_argument("--operation", help="the id of the one operation to try")
    given = parser.parse_args()
    with LocalWorld(env=UNLIMITED) as world, tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "schemathesis.toml"
        known.write_text(configuration(_populated(world)))
        wanted = command(world, known, given.seconds, given.operation, given.seed)
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
    """Schemathesis' configuration: ids, for made-up ones would meet nothing, and fair failures."""
    ids = [f'"path.{name}" = {value}' for name, value in known.items()]
    reachable = json.dumps(["2xx", "3xx", "4xx", "502", "503"])
    accepted = json.dumps(["2xx", "3xx", "401", "403", "404", *STATES])
    checks = [
        f"not_a_server_error.expected-statuses = {reachable}",
        f"positive_data_acceptance.expected-statuses = {accepted}",
    ]
    unchecked = [("positive_data_acceptance", names) for names in REFUSED_BY_RULE.values()]
    unchecked += STAYS_KNOWN.items()
    # Set here and not on the command line, which would win over what operations say.
    lines = ["[parameters]", *ids, "[checks]", "enabled = true", *checks]
    for check, names in unchecked:
        for name in names:
            lines += ["[[operations]]", f'include-operation-id = "{name}"']
            lines += [f"checks.{check}.enabled = false"]
    return "\n".join([*lines, ""])


def command(
    world: LocalWorld, known: Path, seconds: int, operation: str | None, seed: int | None
) -> list[str]:
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
        *("--workers", "1"),
        *("--max-time", str(seconds)),
        *(("--seed", str(seed)) if seed else ()),
        *("--generation-allow-x00", "false"),
        "--continue-on-failure",
        *(part for pair in which for part in pair),
    ]


if __name__ == "__main__":
    sys.exit(main())
