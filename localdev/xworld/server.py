"""The world over HTTP/1.1 on 127.0.0.1."""

from __future__ import annotations

import json
import threading
import traceback
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from localdev.loopback import LoopbackServer
from localdev.xworld.exchange import Answer, Request
from localdev.xworld.service import Service
from localdev.xworld.world import XWorld

_LARGEST_BODY = 16 * 2**20


class Server:
    """A running server. Use it as a context manager, or call `stop`."""

    def __init__(self, world: XWorld, http: _HttpServer) -> None:
        self.world = world
        self.port = http.server_port
        self.url = http.url
        self._http = http
        self._thread = threading.Thread(
            target=http.serve_forever, args=(0.05,), name="xworld", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End all connections, those held open by a fault included, and wait until it is done."""
        self._http.stopping.set()
        self._http.stop()
        self._thread.join()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(world: XWorld, port: int = 0, **limits: int) -> Server:
    """Serve the world on 127.0.0.1 (port 0: any free one). `limits` are those of `Service`.

    Raises OSError when the port is taken.
    """
    return Server(world, _HttpServer(port, Service(world, **limits)))


class _HttpServer(LoopbackServer):
    daemon_threads = False  # so that closing the server waits for the answers under way

    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        self.stopping = threading.Event()
        super().__init__(port, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nothing to report; anything else is printed."""
        del request, client_address
        fault = traceback.format_exc()
        if "ConnectionResetError" not in fault and "BrokenPipeError" not in fault:
            print(fault, flush=True)


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 2**18  # head and body leave in one write

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the counts under /_control/stats tell more."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class calls for requests that are not HTTP as it knows it."""
        self.close_connection = True
        answer = Answer(int(code), {"error": message or explain or "bad request"})
        self._send(answer, json.dumps(answer.body).encode())

    def _answer(self) -> None:
        try:
            request = self._request()
            answer = (
                self.server.service.answer(request)
                if request
                else Answer(411, {"error": "a body comes with Content-Length, up to 16 MB"})
            )
            payload = json.dumps(answer.body).encode()
        except Exception:
            traceback.print_exc()
            answer = Answer(500, {"error": "the fake world failed, see its log"})
            payload = json.dumps(answer.body).encode()
        self._send(answer, payload)

    def _request(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        if chunked or not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True  # the body stays unread
            return None
        address = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(address.path),
            query=dict(parse_qsl(address.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _send(self, answer: Answer, payload: bytes) -> None:
        # Waiting for the stop instead of sleeping: a server that stops leaves nobody waiting.
        if answer.delay:
            self.server.stopping.wait(answer.delay)
        if answer.silent:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(payload)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.cut:
            self.close_connection = True
            payload = payload[: len(payload) // 2]
        if self.command != "HEAD":
            self.wfile.write(payload)
