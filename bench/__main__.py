"""`make bench`: measure, print, and write the measured part of docs/performance.md."""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import Progress

from bench import batches, big_run, cold, delivery, judgement, pages, trips
from bench.world import emulated_aws, without_metrics
from localdev.environment import ROOT

PAGE = ROOT / "docs" / "performance.md"
MARK = "<!-- measured by `make bench`: everything below is written anew -->"
MEASURED = ROOT / "docs" / "measured.json"
"""What a run asks for, for those who reckon with it (`make scale`)."""


def main() -> None:
    """Measure everything in one run of this machine."""
    with emulated_aws() as aws_url, without_metrics():
        from tests.api_client import Api
        from tests.queue_hand import QueueHand

        with Api.for_new_user("many@ctgo.example", subscribed=True) as api:
            runs = _big_run(api, QueueHand())
        with Api.for_new_user("bench@ctgo.example", subscribed=True) as api:
            starts = cold.section(api.key or "")
        with Api.for_new_user("told@ctgo.example", subscribed=True) as api:
            well, ill = delivery.measure(api, aws_url)
        # Last, because what its requests put on queues would be handled by the others.
        parts = [_judgement(), big_run.section(*runs), _trips(), starts]
    parts += [delivery.section(well, ill), batches.section(runs[0], delivery.typical(well).taken)]
    text = "\n\n".join([MARK, _conditions(), *parts]) + "\n"
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


def _trips() -> str:
    from bench.trip_world import a_small_x, a_world

    with a_small_x() as x, a_world(x) as world:
        return f"{trips.section(world)}\n\n{pages.section(world.user.user_id)}"


def _big_run(api: object, hand: object) -> tuple[big_run.Result, big_run.Result, big_run.Result]:
    with Progress(console=Console(stderr=True)) as progress:
        judged = progress.add_task("profiles", total=big_run.FOLLOWERS)
        results = big_run.measure(api, hand, say=lambda number: progress.advance(judged, number))
    names = ("first run", "steady state", "nobody new")
    told = {name: big_run.facts(each) for name, each in zip(names, results, strict=True)}
    MEASURED.write_text(json.dumps(told, indent=2) + "\n")
    return results


if __name__ == "__main__":
    sys.exit(main())
