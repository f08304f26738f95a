"""One HTTP request and its answer, as plain values between the server and the fake vendors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    """Without the query, percent-encoding undone."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    def json(self) -> Any:
        """The body read as JSON; None when it is empty. Raises ValueError when it is not JSON."""
        return json.loads(self.body) if self.body.strip() else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, and how well it arrives."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    """People, posts or ids in the body."""
    delay: float = 0.0
    """Seconds before the answer is sent."""
    cut: bool = False
    """The connection ends in the middle of the body."""
    silent: bool = False
    """Nothing is sent: the connection closes after the delay."""


class Refused(Exception):
    """A vendor's no, raised anywhere below its `answer`."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.answer = Answer(status, body, headers or {})


class Vendor(Protocol):
    """A fake upstream."""

    name: str

    def endpoint(self, path: str) -> str | None:
        """The short name of the endpoint at this path; None when there is none."""

    def answer(self, request: Request) -> Answer:
        """Answer a request that fits the vendor's paths, errors included."""

    def failure(self, status: int, retry_after: float) -> Answer:
        """How this vendor words an error on demand; `retry_after` in seconds."""

    def emptied(self, answer: Answer, *, keep_cursor: bool) -> Answer:
        """The answer without its rows."""


Handler = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: its groups in the path become the handler's arguments after the request."""

    method: str
    path: re.Pattern[str]
    name: str
    handler: Handler

    @classmethod
    def of(cls, method: str, path: str, name: str, handler: Handler) -> Route:
        """`{}` in the path stands for one segment."""
        return cls(method, re.compile(path.replace("{}", "([^/]+)")), name, handler)


def find(routes: Sequence[Route], path: str) -> list[tuple[Route, tuple[str, ...]]]:
    """The routes at this path, whatever their method, and what its variable segments hold."""
    return [(route, hit.groups()) for route in routes if (hit := route.path.fullmatch(path))]
