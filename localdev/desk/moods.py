"""How a receiver answers, good or bad: each mood writes to the connection as it pleases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import BinaryIO

PIECE = b"x" * 65_536
_DRIP_SECONDS = 0.2

Mood = Callable[[BinaryIO, threading.Event, str], None]
"""Takes the connection, the end of the server, and what stands behind the mood in the path."""


def fine(out: BinaryIO, _ending: threading.Event, _rest: str) -> None:
    """200 at once."""
    out.write(_head(200) + _body(b'{"ok": true}'))


def status(out: BinaryIO, _ending: threading.Event, rest: str) -> None:
    """The status that the path names: `/hooks/status/410`; a second number is the Retry-After."""
    code, _, pause = rest.partition("/")
    extra = f"Retry-After: {pause}\r\n".encode() if pause else b""
    out.write(_head(int(code or 500)) + extra + _body(b'{"ok": false}'))


def slow(out: BinaryIO, ending: threading.Event, rest: str) -> None:
    """200 after so many seconds: `/hooks/slow/3`."""
    ending.wait(float(rest or 3))
    fine(out, ending, rest)


def silent(_out: BinaryIO, ending: threading.Event, _rest: str) -> None:
    """Takes the request and never answers."""
    ending.wait()


def down(_out: BinaryIO, _ending: threading.Event, _rest: str) -> None:
    """Closes without a word."""


def redirect(out: BinaryIO, _ending: threading.Event, _rest: str) -> None:
    """Points elsewhere, to where nobody should go."""
    location = b"Location: http://127.0.0.1:1/latest/meta-data\r\n"
    out.write(_head(307) + location + _body(b""))


def half(out: BinaryIO, _ending: threading.Event, _rest: str) -> None:
    """Closes in the middle of its head."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Ty")


def broken(out: BinaryIO, _ending: threading.Event, _rest: str) -> None:
    """200, and closes in the middle of its body."""
    out.write(_head(200) + b"Content-Length: 1000\r\n\r\n" + b"half of it")


def endless(out: BinaryIO, ending: threading.Event, _rest: str) -> None:
    """200 and a body without an end, as fast as it is taken."""
    out.write(_head(200) + b"\r\n")
    while not ending.is_set():
        out.write(PIECE)


def drip(out: BinaryIO, ending: threading.Event, _rest: str) -> None:
    """A head of which a byte comes now and then."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100_000:
        out.write(bytes([byte]))
        if ending.wait(_DRIP_SECONDS):
            return


MOODS: dict[str, Mood] = {
    "ok": fine,
    "status": status,
    "slow": slow,
    "silent": silent,
    "down": down,
    "redirect": redirect,
    "half": half,
    "broken": broken,
    "endless": endless,
    "drip": drip,
}


def _head(code: int) -> bytes:
    return f"HTTP/1.1 {code} Said\r\nConnection: close\r\n".encode()


def _body(content: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
