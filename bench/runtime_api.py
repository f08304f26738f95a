"""A stand-in of Lambda's Runtime API, which the real runtime interface client asks for events."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

_SECONDS = 60
_ARN = "arn:aws:lambda:us-east-1:000000000000:function:bench"


@dataclass
class Visit:
    """One process' stay: when it asked for events, when it answered, what it answered."""

    event: bytes
    wanted: int
    asked: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    answer: bytes = b""
    over: threading.Event = field(default_factory=threading.Event)
    """Set after the last answer, or after a failure."""
    failed: bool = False


class RuntimeApi:
    """`with RuntimeApi() as api: api.expect(event, 3)`; one process visits at a time."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def expect(self, event: bytes, wanted: int) -> Visit:
        """Hand out `event` so many times to whoever comes next."""
        self._server.visit = Visit(event, wanted)
        return self._server.visit


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    visit: Visit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        visit = self.server.visit
        visit.asked.append(time.perf_counter())
        if len(visit.asked) > visit.wanted:
            visit.over.set()
            threading.Event().wait(_SECONDS)
            return
        head = [
            "HTTP/1.1 200 OK",
            "Content-Type: application/json",
            f"Lambda-Runtime-Aws-Request-Id: r{len(visit.asked)}",
            f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + 30_000}",
            f"Lambda-Runtime-Invoked-Function-Arn: {_ARN}",
            f"Content-Length: {len(visit.event)}",
        ]
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + visit.event)

    def do_POST(self) -> None:
        visit = self.server.visit
        visit.answer = self._body()
        visit.answered.append(time.perf_counter())
        if "error" in self.path:
            visit.failed = True
            visit.over.set()
        self.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length")
        if length is not None:
            return self.rfile.read(int(length))
        chunks = b""
        while size := int(self.rfile.readline(), 16):
            chunks += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return chunks

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
