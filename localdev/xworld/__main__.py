"""Serves a world until SIGTERM or Ctrl-C: `python -m localdev.xworld --port 4600`."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

from localdev.xworld.file import WorldInvalid
from localdev.xworld.server import serve
from localdev.xworld.world import BUNDLED, XWorld


def main() -> None:
    """Read the options, serve, and wait for a signal."""
    options = _parser().parse_args()
    try:
        world = XWorld.load(
            options.world or BUNDLED,
            present=options.present,
            growth_seconds=options.growth_seconds,
            state_file=options.state,
        )
    except WorldInvalid as fault:
        raise SystemExit(str(fault)) from fault
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    limits = {"per_minute": options.per_minute, "page_size": options.page_size}
    with serve(world, options.port, **limits) as server:
        print(f"xworld listening on {server.url}, {len(world.people.listed)} people", flush=True)
        while True:
            signal.pause()


def _end(*_: object) -> None:
    # Once is enough: a second signal must not break off the orderly stop.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localdev.xworld", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument(
        "--world",
        type=Path,
        default=os.environ.get("WORLD") or None,
        help="a JSON-lines file of profiles, the bundled made-up world without it",
    )
    parser.add_argument("--state", type=Path, help="a file that keeps growth over a restart")
    parser.add_argument(
        "--growth-seconds",
        type=float,
        default=45.0,
        help="how often a tracked account gets one of the followers held back, 0 for never",
    )
    parser.add_argument(
        "--present",
        type=float,
        default=0.97,
        help="the share of each account's followers that is there at the start",
    )
    parser.add_argument("--per-minute", type=int, default=100_000, help="ScrapeBadger's limit")
    parser.add_argument("--page-size", type=int, default=50, help="followers a page")
    return parser


if __name__ == "__main__":
    main()
