"""A small HTTP server on loopback that answers JSON with JSON, for the fakes of vendors."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from localdev import ports

Reply = tuple[int, Any]
"""A status, and what becomes JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: Any


Answer = Callable[[Asked], Reply]


@contextmanager
def serve(answer: Answer, port: int = 0) -> Iterator[str]:
    """Run it in this process; yields its address."""
    with ThreadingHTTPServer((ports.HOST, port), _handler(answer)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://{ports.HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


def main(answer: Answer, about: str | None) -> None:
    """Serve at `--port` until the process ends."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--port", type=int, required=True)
    with ThreadingHTTPServer((ports.HOST, parser.parse_args().port), _handler(answer)) as server:
        server.serve_forever()


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"  # no connection outlives its answer

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            where = urlsplit(self.path)
            status, body = answer(
                Asked(
                    self.command,
                    where.path,
                    dict(parse_qsl(where.query)),
                    {name.lower(): value for name, value in self.headers.items()},
                    json.loads(raw or b"{}"),
                )
            )
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Keep quiet."""

    return Handler
