"""`python -m localdev.scheduler --port N --aws-url URL --state FILE`: runs until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

from localdev import environment
from localdev.scheduler.book import Book
from localdev.scheduler.clock import Clock
from localdev.scheduler.delivery import Delivery
from localdev.scheduler.engine import Engine
from localdev.scheduler.server import Server
from localdev.scheduler.wire import Operations


def main() -> None:
    """Serve and fire."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws-url", required=True, help="where SQS answers")
    parser.add_argument("--state", type=Path, help="file to keep schedules in")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds that pass in a second")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    clock = Clock(options.speed)
    book = Book(options.state, clock.now())
    Engine(book, clock, Delivery(environment.client("sqs", options.aws_url))).start()
    with Server(Operations(book, clock), options.port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
