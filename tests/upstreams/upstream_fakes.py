"""What the upstream tests share: a clock that sleeping moves, scripted answers, small vendors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx

from chalicelib.upstreams import Errand
from chalicelib.upstreams.transport import Transport

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Clock:
    """Time stands still but for those who sleep, and for answers that take their time."""

    instant: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def errand(self, seconds: float = 60) -> Errand:
        return Errand(self.instant + timedelta(seconds=seconds))


class Script:
    """Answers requests one after the other, the last one for ever, and keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception | Handler) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            # A response can be read once; each request gets its own.
            return httpx.Response(
                answer.status_code, headers=answer.headers, content=answer.content
            )
        return answer(request)

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def query(self, index: int = -1) -> dict[str, str]:
        raw = parse_qs(self.requests[index].url.query.decode())
        return {name: values[0] for name, values in raw.items()}

    def body(self, index: int = -1) -> Any:
        return json.loads(self.requests[index].content)


def answer(body: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    """A JSON answer; header names are written with _ for -."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, text=json.dumps(body), headers=names)


def transport(handler: Handler, clock: Clock, **options: Any) -> Transport:
    """A transport over `handler`, whose random is always 1: back-offs are whole."""
    client = httpx.Client(base_url="http://vendor.test", transport=httpx.MockTransport(handler))
    return Transport(
        client,
        **{
            "provider": "vendor",
            "sleep": clock.sleep,
            "random": lambda: 1.0,
            "now": clock.now,
            **options,
        },
    )


def badger_user(id: str | int, username: str, **fields: Any) -> dict[str, Any]:
    """A user as ScrapeBadger writes one: only what is required, and `fields`."""
    return {
        "id": id,
        "username": username,
        "name": username.title(),
        "created_at": "Tue Jun 02 20:12:29 +0000 2009",
        **fields,
    }


def kaito_follower(id_str: int, screen_name: str, **fields: Any) -> dict[str, Any]:
    """An item of the follower actor."""
    return {
        "type": "follower",
        "target_username": "orbitdesk",
        "id": id_str,
        "id_str": str(id_str),
        "screen_name": screen_name,
        "name": screen_name.title(),
        "created_at": "Fri Feb 13 10:51:47 +0000 2026",
        "verified": False,
        **fields,
    }


def kaito_user(rest_id: str, screen_name: str, **parts: Any) -> dict[str, Any]:
    """An item of the user actor."""
    return {
        "rest_id": rest_id,
        "core": {
            "screen_name": screen_name,
            "name": screen_name.title(),
            "created_at": "Fri Feb 13 10:51:47 +0000 2026",
        },
        **parts,
    }
