"""One attempt to deliver a message: the call, and what is remembered of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib import clock
from chalicelib.delivery.rules import retry_after
from chalicelib.open_web.addresses import Unsafe
from chalicelib.open_web.client import Client, Unreachable
from chalicelib.webhooks.signing import signed

GONE: Final = 410
SNIPPET: Final = 256
"""Characters of an answer that are kept."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it went."""

    at: datetime
    milliseconds: int
    status: int | None = None
    """None where no answer came."""
    error: str | None = None
    """Why no answer came."""
    snippet: str | None = None
    asked: timedelta | None = None
    """The pause that the receiver asked for."""

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def stored(self) -> dict[str, Any]:
        """As it stands in the message's row."""
        return {
            "at": self.at.isoformat(),
            "milliseconds": self.milliseconds,
            "status": self.status,
            "error": self.error,
            "snippet": self.snippet,
        }


def call(
    web: Client, url: str, message_id: str, content: bytes, *, secrets: tuple[str, ...]
) -> Attempt:
    """Post a message once. Never raises for what the receiver does."""
    at, began = clock.now(), time.monotonic()
    headers = {
        "content-type": "application/json",
        "user-agent": "ctgo-webhooks/2",
        "accept-encoding": "identity",
        **signed(message_id, at, content, by=secrets),
    }
    try:
        answer = web.request("POST", url, headers=headers, content=content)
    except Unsafe as fault:
        return Attempt(at, _since(began), error=f"not called: {fault}")
    except Unreachable as fault:
        return Attempt(at, _since(began), error=str(fault))
    return Attempt(
        at,
        _since(began),
        status=answer.status,
        snippet=_snippet(answer.body),
        asked=retry_after(answer.headers.get("retry-after"), at),
    )


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _snippet(body: bytes) -> str:
    text = body[: 4 * SNIPPET].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text)[:SNIPPET]
