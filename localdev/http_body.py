"""Reading the body of an HTTP/1.1 request off its connection, plain or chunked."""

from __future__ import annotations

from email.message import Message
from io import BufferedIOBase

from chalicelib.errors import BodyTooLarge, InvalidRequest

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes; the payload limit of API Gateway."""
_DRAIN_LIMIT = 8 * BODY_LIMIT
"""How much of too large a body is read off: a client that still sends never sees the answer."""
_LINE_LIMIT = 1024
_PIECE = 64 * 1024


def read(headers: Message[str, str], source: BufferedIOBase) -> bytes:
    """The body that the headers announce, b"" if none.

    Raises BodyTooLarge or InvalidRequest; the connection cannot be used on after either.
    """
    encoding = headers.get("Transfer-Encoding", "").strip().lower()
    if encoding == "chunked":
        return _read_chunks(source)
    if encoding:
        raise InvalidRequest("The only transfer encoding here is chunked.")
    return _read_length(headers.get("Content-Length", "0").strip(), source)


def _read_length(announced: str, source: BufferedIOBase) -> bytes:
    if not (announced.isascii() and announced.isdigit()):
        raise InvalidRequest("Content-Length is no number.")
    length = int(announced)
    if length > BODY_LIMIT:
        _drain(source, length)
        raise BodyTooLarge("The body is larger than 10 MB.")
    return _exactly(source, length)


def _read_chunks(source: BufferedIOBase) -> bytes:
    body = bytearray()
    total = 0
    while size := _chunk_size(source):
        total += size
        if total > _DRAIN_LIMIT:
            break
        piece = _exactly(source, size)
        if total <= BODY_LIMIT:
            body += piece
        if source.readline(_LINE_LIMIT).strip():
            raise InvalidRequest("A chunk is longer than it says.")
    if total > BODY_LIMIT:
        raise BodyTooLarge("The body is larger than 10 MB.")
    while source.readline(_LINE_LIMIT).strip():
        pass  # trailers
    return bytes(body)


def _chunk_size(source: BufferedIOBase) -> int:
    digits = source.readline(_LINE_LIMIT).partition(b";")[0].strip()
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise InvalidRequest("A chunk has no size.")
    return int(digits, 16)


def _exactly(source: BufferedIOBase, length: int) -> bytes:
    body = source.read(length)
    if len(body) < length:
        raise InvalidRequest("The body ended early.")
    return body


def _drain(source: BufferedIOBase, length: int) -> None:
    left = min(length, _DRAIN_LIMIT)
    while left > 0:
        piece = source.read(min(left, _PIECE))
        if not piece:
            return
        left -= len(piece)
