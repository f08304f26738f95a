"""This Stripe over HTTP/1.1 on 127.0.0.1."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from localdev.loopback import LoopbackServer
from localdev.stripe.service import Reply, Request, Service


class Server:
    """`with Server(service) as server:`; `url` is what STRIPE_BASE_URL takes."""

    def __init__(self, service: Service, port: int = 0) -> None:
        self.service = service
        self._http = _HttpServer(port, service)
        self.port = self._http.server_port
        self.url = service.books.address = self._http.url

    def __enter__(self) -> Server:
        run = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        run.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.stop()


class _HttpServer(LoopbackServer):
    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        super().__init__(port, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 2**16  # head and body leave in one write

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        request = Request(
            method=self.command,
            path=address.path,
            query=address.query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        self._send(self.server.service.answer(request))

    do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: what was asked is remembered."""

    def _send(self, reply: Reply) -> None:
        if reply.body is None:
            self.close_connection = True
            return
        self.close_connection = True  # so that no client leaves one open behind
        self.send_response(reply.status)
        self.send_header("Connection", "close")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
