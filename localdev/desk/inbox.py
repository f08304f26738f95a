"""What receivers of webhooks were sent, verified with the secrets that they know."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

MOST_KEPT = 2_000
"""Messages; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request to a receiver."""

    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    content: bytes
    at: datetime
    is_verified: bool | None
    """None where no secret is known for the path."""

    def shown(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "path": self.path,
            "id": self.headers.get("webhook-id"),
            "headers": dict(self.headers),
            "body": _json(self.content),
            "at": self.at.isoformat(),
            "verified": self.is_verified,
        }


class Inbox:
    """Remembers; threads may share it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._secrets: dict[str, list[str]] = defaultdict(list)
        self._kept: list[Received] = []

    def trust(self, path: str, secret: str) -> None:
        """From now on, verify what comes to the path with this secret as well."""
        with self._guard:
            self._secrets[path].append(secret)

    def take(self, path: str, headers: Mapping[str, str], content: bytes) -> Received:
        """Remember a request."""
        with self._guard:
            verified = _verified(self._secrets.get(path, []), headers, content)
            received = Received(path, headers, content, datetime.now(UTC), verified)
            self._kept = [*self._kept[-MOST_KEPT + 1 :], received]
            return received

    def all(self, path: str | None = None) -> list[Received]:
        """What came, oldest first."""
        with self._guard:
            return [each for each in self._kept if path in (None, each.path)]

    def counts(self) -> dict[str, int]:
        """How many came to each path."""
        with self._guard:
            return dict(Counter(each.path for each in self._kept))

    def forget(self) -> None:
        """Begin anew; secrets and messages are gone."""
        with self._guard:
            self._secrets.clear()
            self._kept = []


def _verified(secrets: list[str], headers: Mapping[str, str], content: bytes) -> bool | None:
    if not secrets:
        return None
    return any(_verifies(secret, headers, content) for secret in secrets)


def _verifies(secret: str, headers: Mapping[str, str], content: bytes) -> bool:
    try:
        Webhook(secret).verify(content, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
