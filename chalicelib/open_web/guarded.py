"""Connections that reach checked addresses only, and for which one deadline counts."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from typing import Any

import httpcore

from chalicelib.open_web.addresses import Address

_MOST_ADDRESSES = 4
"""Of one host that are tried, each with its share of the time that is left."""

Left = Callable[[], float]
"""Seconds until the deadline. Raises httpcore.ReadTimeout when there are none."""


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to a host's checked addresses."""

    def __init__(self, find: Callable[[str], list[Address]], left: Left) -> None:
        """`find` gives the addresses of a host, and raises Unsafe where one must not be called."""
        self._find = find
        self._left = left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline counts
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that takes it."""
        addresses = self._found(host)[:_MOST_ADDRESSES]
        for tried, address in enumerate(addresses, 1):
            share = self._left() / (len(addresses) - tried + 1)
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    str(address), port, share, local_address, socket_options or ()
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tried == len(addresses):
                    raise
            else:
                return _TimedStream(stream.get_extra_info("socket"), self._left)
        raise httpcore.ConnectError("no address")

    def _found(self, host: str) -> list[Address]:
        """The resolver knows no time-out of ours, so it is left behind where it takes too long."""
        worker = ThreadPoolExecutor(1)
        try:
            return worker.submit(self._find, host).result(self._left())
        except TookTooLong:
            raise httpcore.ConnectTimeout(f"{host} was not resolved") from None
        finally:
            worker.shutdown(wait=False)


class _TimedStream(httpcore.NetworkStream):
    """A socket whose every operation ends at the deadline."""

    def __init__(self, sock: socket.socket, left: Left) -> None:
        self._sock = sock
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        with _translated(httpcore.ReadTimeout, httpcore.ReadError):
            self._sock.settimeout(self._left())
            return self._sock.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        rest = memoryview(buffer)
        with _translated(httpcore.WriteTimeout, httpcore.WriteError):
            while rest:
                self._sock.settimeout(self._left())
                rest = rest[self._sock.send(rest) :]

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        with _translated(httpcore.ConnectTimeout, httpcore.ConnectError):
            self._sock.settimeout(self._left())
            wrapped = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        return _TimedStream(wrapped, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._sock if info == "socket" else None


@contextmanager
def _translated(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as fault:
        raise late(str(fault)) from fault
    except OSError as fault:
        raise broken(str(fault)) from fault
