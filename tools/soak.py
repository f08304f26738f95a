"""`make soak`: random actions, deaths, faults and late events on money, against a simple model.

STEPS says how many actions (2,000), SEED where chance begins, STORY gives again what a failure
printed. Nothing but loopback is called.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys

TESTS = "tests/billing/test_model.py"


def main() -> None:
    """Run the model test for so many steps and show its figures; or one story, twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--story", default="")
    given = parser.parse_args()
    if given.story:
        test, wanted = "test_a_story_repeats", {"SOAK_STORY": given.story}
    else:
        test = "test_money_never_drifts"
        wanted = {"SOAK_STEPS": str(given.steps), "SOAK_SEED": str(given.seed)}
        print(f"make soak STEPS={given.steps} SEED={given.seed}", flush=True)
    command = [sys.executable, "-m", "pytest", f"{TESTS}::{test}", "-s", "-p", "no:cacheprovider"]
    raise SystemExit(subprocess.run(command, env=os.environ | wanted, check=False).returncode)


if __name__ == "__main__":
    main()
