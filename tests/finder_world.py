"""The three e-mail finders over loopback HTTP, each answering what a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib import wiring
from chalicelib.settings import settings

PDL, HUNTER, PROSPEO = "/v5/person/enrich", "/v2/email-finder", "/enrich-person"

NOTHING: dict[str, tuple[int, Any]] = {
    PDL: (404, {"status": 404, "error": {"type": "not_found", "message": "none"}}),
    HUNTER: (200, {"data": {"email": None}, "meta": {}}),
    PROSPEO: (400, {"error": True, "error_code": "NO_MATCH"}),
}


class FinderWorld:
    """What the finders answer, by path, and the paths that were asked."""

    def __init__(self) -> None:
        self.answers = dict(NOTHING)
        self.asked: list[str] = []

    def hunter_finds(self, address: str, status: str = "valid") -> None:
        data = {"email": address, "verification": {"status": status}}
        self.answers[HUNTER] = (200, {"data": data, "meta": {}})

    def prospeo_finds(self, address: str) -> None:
        email = {"status": "VERIFIED", "revealed": True, "email": address}
        self.answers[PROSPEO] = (200, {"error": False, "person": {"email": email}})

    def pdl_finds(self, **data: Any) -> None:
        self.answers[PDL] = (200, {"status": 200, "likelihood": 9, "data": data})

    def refuse(self, *paths: str) -> None:
        """Let these turn our key away, which is not tried again."""
        self.answers |= {path: (401, {}) for path in paths or NOTHING}


@contextmanager
def finder_world(environment: pytest.MonkeyPatch) -> Iterator[FinderWorld]:
    """Serve the finders, and point a freshly read configuration at them."""
    world = FinderWorld()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(world))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name in ("PDL", "HUNTER", "PROSPEO"):
        environment.setenv(f"{name}_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        environment.setenv(f"{name}_API_KEY", "finder_local")
    _read_configuration_anew()
    try:
        yield world
    finally:
        environment.undo()
        _read_configuration_anew()
        server.shutdown()
        server.server_close()


def _read_configuration_anew() -> None:
    settings.cache_clear()
    wiring.contacts.cache_clear()


def _handler(world: FinderWorld) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"  # no connection outlives its answer

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            world.asked.append(path)
            status, body = world.answers[path]
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Keep quiet."""

    return Handler
