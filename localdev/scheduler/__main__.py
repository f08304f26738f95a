"""`python -m localdev.scheduler --port N --aws-url URL --app app:app`: runs until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from threading import Thread

from localdev import application, environment
from localdev.scheduler.book import Book
from localdev.scheduler.clock import Clock
from localdev.scheduler.delivery import Delivery
from localdev.scheduler.engine import Engine
from localdev.scheduler.functions import Functions
from localdev.scheduler.server import Server
from localdev.scheduler.wire import Operations


def main() -> None:
    """Serve and fire."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws-url", required=True, help="where SQS answers")
    parser.add_argument("--state", type=Path, help="file to keep schedules in")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds that pass in a second")
    parser.add_argument("--app", default="app:app", help="module:attribute of the Chalice app")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    clock = Clock(options.speed)
    book = Book(options.state, clock.now())
    functions = Functions(lambda: application.load(options.app))
    sqs = environment.client("sqs", options.aws_url)
    Engine(book, clock, Delivery(sqs, functions.call)).start()
    with Server(Operations(book, clock), options.port) as server:
        # Beside: who waits for the server need not wait for the app, nor miss it if it is broken.
        Thread(target=functions.enter, args=(book, clock), name="app", daemon=True).start()
        server.serve_forever()


if __name__ == "__main__":
    main()
