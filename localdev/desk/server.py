"""The desk over HTTP/1.1 on 127.0.0.1: receivers under /hooks/, control, and a page for people."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from localdev.desk.inbox import Inbox
from localdev.desk.moods import MOODS
from localdev.loopback import LoopbackServer

Page = Callable[[Inbox], str]


class Desk:
    """A running desk. Use it as a context manager."""

    def __init__(self, port: int = 0, *, page: Page | None = None) -> None:
        """`page` makes what people see at `/`. Raises OSError when the port is taken."""
        self._http = _HttpServer(port, page)
        self.inbox = self._http.inbox
        self.url = self._http.url
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def behave(self, path: str, mood: str) -> None:
        """From now on the path answers in this mood, such as `down` or `status/410`."""
        self._http.moods[path] = mood

    def stop(self) -> None:
        """End all connections."""
        self._http.ending.set()
        self._http.stop()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _HttpServer(LoopbackServer):
    def __init__(self, port: int, page: Page | None) -> None:
        self.inbox = Inbox()
        self.moods: dict[str, str] = {}
        self.page = page
        self.ending = threading.Event()
        super().__init__(port, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up on an endless answer is what it should do."""


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: /_control/messages tells more."""

    def do_GET(self) -> None:
        self.close_connection = True
        if self.path == "/" and self.server.page:
            self._say(200, self.server.page(self.server.inbox), "text/html; charset=utf-8")
        elif self.path == "/_control/counts":
            self._say(200, json.dumps(self.server.inbox.counts()), "application/json")
        elif self.path == "/_control/messages":
            shown = [each.shown() for each in self.server.inbox.all()]
            self._say(200, json.dumps(shown), "application/json")
        else:
            self._say(404, "{}", "application/json")

    def do_POST(self) -> None:
        self.close_connection = True
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path.startswith("/hooks/"):
            self._receive(content)
            return
        asked = json.loads(content or b"{}")
        match self.path:
            case "/_control/trust":
                self.server.inbox.trust(asked["path"], asked["secret"])
            case "/_control/behave":
                self.server.moods[asked["path"]] = asked["mood"]
            case "/_control/reset":
                self.server.inbox.forget()
                self.server.moods.clear()
            case _:
                self._say(404, "{}", "application/json")
                return
        self._say(200, "{}", "application/json")

    def _receive(self, content: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.inbox.take(self.path, headers, content)
        asked = self.server.moods.get(self.path, self.path.removeprefix("/hooks/"))
        mood, _, rest = asked.partition("/")
        MOODS.get(mood, MOODS["ok"])(self.wfile, self.server.ending, rest)

    def _say(self, status: int, text: str, media_type: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
