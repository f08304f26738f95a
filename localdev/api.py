"""The app over HTTP on loopback: `python -m localdev.api --port N`.

`chalice.local` does the work of API Gateway and Lambda. What it leaves out is here: a connection
that is always answered, chunked bodies, HEAD without a body, API Gateway's size limit.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from chalice.app import Chalice
from chalice.local import CustomLocalChalice, LocalChalice, ThreadedHTTPServer

from chalicelib.errors import ApiError, InternalError, InvalidRequest
from localdev import application, http_body
from localdev.gateway import Answer, Gateway
from localdev.ports import HOST

IDLE_SECONDS = 75
_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Server(ThreadedHTTPServer):
    """One thread per connection; each connection stays open for further requests."""

    request_queue_size = 256

    def __init__(self, app: Chalice, port: int) -> None:
        # As chalice.local's own server does it: the request in hand is kept apart per thread.
        CustomLocalChalice.__bases__ = (LocalChalice, app.__class__)
        app.__class__ = CustomLocalChalice
        self.gateway = Gateway(app, application.config("api_handler"))
        super().__init__((HOST, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, writes each answer in one piece."""

    server: Server
    protocol_version = "HTTP/1.1"
    # Without these two an answer on a kept-alive connection takes 40 ms longer.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS

    def answer_request(self) -> None:
        """Answer the request whose head was read."""
        gateway = self.server.gateway
        try:
            body = http_body.read(self.headers, self.rfile)
        except ApiError as error:
            self.close_connection = True
            self._send(gateway.refusal(error))
            return
        self._send(gateway.answer(self.command, self.path, dict(self.headers), body))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer_request

    def send_error(self, code: int, message: str | None = None, _: str | None = None) -> None:
        """What the base class refuses by itself: unknown methods and heads that are no HTTP."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self.answer_request()
            return
        self.close_connection = True
        self._send(self.server.gateway.refusal(InvalidRequest(message)))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line, without the query: tokens of mailed links stand there."""
        self.log_message('"%s" %s %s', self.requestline.partition("?")[0], code, size)

    def _send(self, answer: Answer) -> None:
        try:
            head = self._head(answer)
        except UnicodeEncodeError:  # a header that HTTP cannot carry
            logging.getLogger("localdev.api").exception("headers of %s", self.path)
            answer = self.server.gateway.refusal(InternalError())
            head = self._head(answer)
        self.wfile.write(head)
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def _head(self, answer: Answer) -> bytes:
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}"]
        for name, value in answer.headers.items():
            values = value if isinstance(value, list) else [value]
            lines += [f"{name}: {one}" for one in values]
        lines += [f"Date: {self.date_time_string()}"]
        if answer.status not in _BODILESS:
            lines += [f"Content-Length: {len(answer.body)}"]
        if self.close_connection:
            lines += ["Connection: close"]
        self.log_request(answer.status, len(answer.body))
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--app", default="app:app", help="module:attribute of the Chalice app")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(application.load(options.app), options.port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
