"""A request to an address that somebody else chose: it reaches public hosts only, and it ends.

The host is resolved here, every one of its addresses is checked, and the connection goes to a
checked address; so a name that resolves otherwise a moment later (rebinding) gains nothing. TLS and
the Host header go by the name. No redirect is followed; no proxy, cookie or earlier connection is
used.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import certifi
import httpcore

from chalicelib.open_web.addresses import (
    Address,
    Resolver,
    checked,
    is_public,
    resolve,
    target_of,
)
from chalicelib.open_web.guarded import GuardedBackend

SECONDS = 10.0
"""For all of a request, from the name to the last byte."""
MOST_BYTES = 64 * 1024
"""Of an answer's body that are read."""


class Unreachable(Exception):
    """No answer came. The message says why, in words for the owner of the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    """Its first bytes, undecoded, as far as they came in time."""


class Client:
    """Sends requests. Threads may share it."""

    def __init__(
        self,
        *,
        resolver: Resolver = resolve,
        allow_loopback_http: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        seconds: float = SECONDS,
        authorities: str | None = None,
        is_called: Callable[[Address], bool] = is_public,
    ) -> None:
        """`allow_loopback_http` admits http to loopback, for work on one machine.

        `authorities` is a file of certificates to trust instead of the public ones.
        """
        self._resolver = resolver
        self._allow_loopback_http = allow_loopback_http
        self._monotonic = monotonic
        self._seconds = seconds
        self._authorities = authorities
        self._is_called = is_called

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """Send one request. Raises Unsafe for an address that is not called, and Unreachable.

        An answer counts as soon as its head is there: of a body that breaks off, drips or does not
        end comes what came in time, at most `MOST_BYTES`.
        """
        target = target_of(url)
        where = httpcore.URL(
            scheme=target.raw_scheme,
            host=target.raw_host,
            port=target.port,
            target=target.raw_path,
        )
        sent = [(b"host", target.netloc), *((k.encode(), v.encode()) for k, v in headers.items())]
        if content:
            sent.append((b"content-length", str(len(content)).encode()))
        return self._sent(httpcore.Request(method, where, headers=sent, content=content))

    def _sent(self, request: httpcore.Request) -> Answer:
        until = self._monotonic() + self._seconds
        backend = GuardedBackend(
            partial(self._addresses, request.url.scheme.decode()), partial(self._left, until)
        )
        try:
            with httpcore.ConnectionPool(
                ssl_context=self._tls, max_keepalive_connections=0, network_backend=backend
            ) as pool:
                answer = pool.handle_request(request)
                try:
                    return Answer(answer.status, _texts(answer.headers), _first_bytes(answer))
                finally:
                    answer.close()
        except httpcore.TimeoutException:
            raise Unreachable(f"no answer within {self._seconds:g} s") from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as fault:
            raise Unreachable(str(fault) or "the connection broke") from None

    def _left(self, until: float) -> float:
        left = until - self._monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return left

    def _addresses(self, scheme: str, host: str) -> list[Address]:
        return checked(
            scheme,
            host,
            resolver=self._resolver,
            allow_loopback_http=self._allow_loopback_http,
            is_called=self._is_called,
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._authorities or certifi.where())


def _texts(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _first_bytes(answer: httpcore.Response) -> bytes:
    found = bytearray()
    try:
        for chunk in answer.iter_stream():
            found += chunk
            if len(found) >= MOST_BYTES:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return bytes(found[:MOST_BYTES])
