"""`make key EMAIL=...`: a user and an API key in the local world that runs in this checkout."""

from __future__ import annotations

import os
import sys

from localdev import environment, facts


def main() -> None:
    """Run the seed against the running world with our arguments."""
    try:
        there = facts.read()
    except facts.NotRunning as error:
        raise SystemExit(str(error)) from error
    wired = environment.wired(
        aws_url=there["awsUrl"],
        scheduler_url=there["schedulerUrl"],
        x_world_url=there["xWorldUrl"],
        base_url=there["baseUrl"],
        stripe_url=there["stripeUrl"],
    )
    command = [sys.executable, "-m", "localdev.ending", "localdev.seed", *sys.argv[1:]]
    os.execve(sys.executable, command, wired)  # noqa: S606 - the same interpreter, our own module


if __name__ == "__main__":
    main()
