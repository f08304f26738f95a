"""The scheduler over HTTP on loopback."""

from __future__ import annotations

import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from localdev.ports import HOST
from localdev.scheduler.errors import Refused, ValidationException
from localdev.scheduler.wire import Body, Operations

log = logging.getLogger("localdev.scheduler")


class Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, operations: Operations, port: int) -> None:
        self.operations = operations
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def answer_request(self) -> None:
        """Answer one request; whatever goes wrong inside is a 500."""
        try:
            self._send(200, self._result(), {})
        except Refused as refusal:
            name = type(refusal).__name__
            self._send(refusal.status, {"Message": str(refusal)}, {"x-amzn-ErrorType": name})
        except Exception:
            log.exception("%s %s", self.command, self.path)
            name = "InternalServerException"
            self._send(500, {"Message": "see the log"}, {"x-amzn-ErrorType": name})

    do_GET = do_POST = do_PUT = do_DELETE = answer_request

    def _result(self) -> Body:
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            body = json.loads(raw) if raw else {}
        except ValueError as error:
            raise ValidationException("the body is no JSON") from error
        if not isinstance(body, dict):
            raise ValidationException("the body is no JSON object")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        return self.server.operations.answer(self.command, unquote(url.path), query, body)

    def _send(self, status: int, body: Body, headers: dict[str, str]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are not worth a line; what fires is."""
