"""An HTTP server on 127.0.0.1 that can end the connections which its callers keep open."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from localdev.ports import HOST


class LoopbackServer(ThreadingHTTPServer):
    """Each request has a thread; `stop` ends those that wait, too."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        """Raises OSError when the port is taken; 0 takes any free one."""
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__((HOST, port), handler)
        self.url = f"http://{HOST}:{self.server_port}"

    def server_bind(self) -> None:
        # HTTPServer asks the name service for the host's name here; nothing needs it.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Take no more requests, end all connections, and free the port."""
        self.shutdown()
        with self._guard:
            for connection in self._open:
                with suppress(OSError):  # its other end was faster
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
