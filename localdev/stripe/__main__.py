"""Serves a Stripe until SIGTERM or Ctrl-C: `python -m localdev.stripe --port 4700`."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from localdev.stripe.books import Books
from localdev.stripe.events import Courier
from localdev.stripe.server import Server
from localdev.stripe.service import Service
from localdev.stripe.shop import stock


def main() -> None:
    """Read the options, serve, and wait for a signal."""
    parser = argparse.ArgumentParser(prog="python -m localdev.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--state", type=Path, help="a file that keeps everything over a restart")
    parser.add_argument("--events-url", required=True, help="where events are sent")
    parser.add_argument("--secret", required=True, help="what events are signed with")
    options = parser.parse_args()
    books = stock(Books.load(options.state) if options.state else Books())
    service = Service(books, state=options.state)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with (
        Server(service, options.port) as server,
        Courier(service, options.events_url, options.secret),
    ):
        print(f"stripe listening on {server.url}", flush=True)
        while True:
            signal.pause()


def _end(*_: object) -> None:
    # Once is enough: a second signal must not break off the orderly stop.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    main()
