"""`make key EMAIL=...`: a user and an API key in the local world that runs in this checkout."""

from __future__ import annotations

import json
import os
import sys

from localdev import environment
from localdev.dev import FACTS


def main() -> None:
    """Run the seed against the running world with our arguments."""
    if not FACTS.exists():
        raise SystemExit("no local world runs here: start one with `make dev`")
    facts = json.loads(FACTS.read_text())
    wired = environment.wired(
        aws_url=facts["awsUrl"],
        scheduler_url=facts["schedulerUrl"],
        x_world_url=facts["xWorldUrl"],
        base_url=facts["baseUrl"],
        stripe_url=facts["stripeUrl"],
    )
    command = [sys.executable, "-m", "localdev.ending", "localdev.seed", *sys.argv[1:]]
    os.execve(sys.executable, command, wired)  # noqa: S606 - the same interpreter, our own module


if __name__ == "__main__":
    main()
