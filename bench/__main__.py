"""`make bench`: measure, print, and write the measured part of docs/performance.md."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime

from bench import judgement, pipeline, startup, trips
from bench.world import emulated_aws
from localdev.environment import ROOT

PAGE = ROOT / "docs" / "performance.md"
MARK = "<!-- measured by `make bench`: everything below is written anew -->"
NEWCOMERS = 50


def main() -> None:
    """Measure everything in one run of this machine."""
    with emulated_aws():
        from tests.api_client import Api
        from tests.queue_hand import QueueHand

        with Api.for_new_user("bench@ctgo.example", subscribed=True) as api:
            sections = [_judgement(), *_run_and_trips(api, QueueHand()), _startup(api.key or "")]
    text = "\n\n".join([MARK, _conditions(), *sections]) + "\n"
    head = PAGE.read_text().partition(MARK)[0] if PAGE.exists() else "# Performance\n\n"
    PAGE.write_text(head + text)
    print(text)


def _conditions() -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"Measured {now}, Python {platform.python_version()}, emulated AWS on the same machine. "
        "Ratios and counts are what to keep; seconds depend on the machine."
    )


def _judgement() -> str:
    return (
        "## Judgement\n\n"
        f"{judgement.profiles_per_second():,.0f} profiles a second on one core: bots, kind, "
        f"gender, labels and one segment. "
        f"Importing the engine: {judgement.import_milliseconds():.0f} ms."
    )


def _run_and_trips(api: object, hand: object) -> list[str]:
    first, second = pipeline.measure(api, hand, NEWCOMERS)
    stream = api.get("/streams").json_body["streams"][0]  # type: ignore[attr-defined]
    endpoints = trips.per_endpoint(api, stream["id"], stream["lastRun"]["id"])
    return [_pipeline(first, second), _trips(endpoints)]


def _pipeline(first: pipeline.Result, second: pipeline.Result) -> str:
    rows = [
        "## A run, whole pipeline\n",
        "| | first run | second run |\n|---|---:|---:|",
        f"| new profiles | {first.profiles} | {second.profiles} |",
        f"| leads | {first.leads} | {second.leads} |",
        f"| profiles a second and core | {first.profiles / first.cpu_seconds:,.0f} "
        f"| {second.profiles / second.cpu_seconds:,.0f} |",
        f"| AWS calls a profile | {first.aws_calls.total() / first.profiles:.2f} "
        f"| {second.aws_calls.total() / second.profiles:.2f} |",
        f"| upstream calls | {first.upstream_calls} | {second.upstream_calls} |",
        f"| upstream rows | {first.upstream_rows} | {second.upstream_rows} |",
    ]
    return "\n".join(rows)


def _trips(endpoints: list[tuple[str, list[str]]]) -> str:
    rows = [f"| `{name}` | {len(calls)} | {', '.join(calls)} |" for name, calls in endpoints]
    return "\n".join(
        [
            "## AWS round trips per endpoint, authentication included\n",
            "| endpoint | trips | calls |\n|---|---:|---|",
            *rows,
        ]
    )


def _startup(key: str) -> str:
    found = startup.measure(key)
    return (
        "## Start-up\n\n"
        "From import to first answer in a fresh process, `.pyc` files present, in turn with a bare "
        "handler that imports boto3, makes a DynamoDB client and gets one item:\n\n"
        "| | ms |\n|---|---:|\n"
        f"| bare handler, one call | {found.bare * 1000:.0f} |\n"
        f"| `GET /me`, two calls | {found.ours * 1000:.0f} |\n"
        f"| ratio, median of the rounds | {found.ratio:.2f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
