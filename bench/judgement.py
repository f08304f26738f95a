"""The judgement alone on one core: bots, kind, gender, labels, one segment; profiles a second."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

from chalicelib.matching.engine import analyse
from chalicelib.matching.match import SegmentFilters, compile_segment, match
from chalicelib.profile import Profile
from localdev.environment import ROOT
from localdev.processes import BUNDLED_WORLD

ROUNDS = 7
SEGMENT = SegmentFilters(
    description="Founders and engineers in Berlin who build AI tools, no agencies",
    gender_values=(),
    labels={"job_role": ("Founder", "Software Engineer")},
    follower_tiers=(),
)


def profiles_per_second() -> float:
    """The median over rounds, each over the whole bundled world."""
    people = [_profile(json.loads(line)) for line in BUNDLED_WORLD.read_text().splitlines()]
    compiled = compile_segment(SEGMENT)
    for person in people[:200]:
        match(analyse(person), compiled)
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for person in people:
            match(analyse(person), compiled)
        seconds.append(time.process_time() - began)
    return len(people) / statistics.median(seconds)


def import_milliseconds() -> float:
    """What importing the engine adds to a process that has Profile already."""
    code = (
        "import time, chalicelib.profile; began = time.perf_counter(); "
        "import chalicelib.matching.engine, chalicelib.matching.match; "
        "print((time.perf_counter() - began) * 1000)"
    )
    found = [
        float(
            subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(ROUNDS + 1)
    ]
    return statistics.median(found[1:])


def _profile(row: dict[str, object]) -> Profile:
    fields = {
        "id": str(row["id"]),
        "handle": row.get("handle") or f"u{row['id']}",
        "name": row.get("name"),
        "bio": row.get("bio"),
        "location": row.get("location"),
        "url": row.get("url"),
        "followers": row.get("followers"),
        "following": row.get("following"),
        "posts": row.get("tweets"),
        "listed": row.get("listed"),
        "default_image": row.get("defaultAvatar"),
    }
    return Profile(**fields)  # type: ignore[arg-type]
