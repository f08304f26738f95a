"""Serves the desk until SIGTERM or Ctrl-C: `python -m localdev.desk --port 4601`."""

from __future__ import annotations

import argparse
import signal

from localdev.desk.page import page
from localdev.desk.server import Desk
from localdev.environment import STAGE


def main() -> None:
    """Read the options, serve, and wait for a signal."""
    parser = argparse.ArgumentParser(prog="python -m localdev.desk", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--aws-url", required=True, help="the emulated AWS")
    parser.add_argument("--telegram-url", required=True, help="the fake Telegram")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    with Desk(options.port, page=page(options.aws_url, options.telegram_url, STAGE)) as desk:
        print(f"desk on {desk.url}", flush=True)
        while True:
            signal.pause()


def _end(*_: object) -> None:
    # Once is enough: a second signal must not break off the orderly stop.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    main()
