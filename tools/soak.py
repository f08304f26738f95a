"""`make soak`: random actions, deaths, faults and late events on money, against a simple model.

STEPS says how many actions (2,000). Nothing but loopback is called.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

TEST = "tests/billing/test_model.py"


def main() -> None:
    """Run the model test for so many steps and show its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2_000)
    steps = parser.parse_args().steps
    environment = os.environ | {"SOAK_STEPS": str(steps)}
    command = [sys.executable, "-m", "pytest", TEST, "-s", "-p", "no:cacheprovider"]
    raise SystemExit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
