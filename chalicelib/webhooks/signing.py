"""Secrets of webhooks, and the headers that they sign, as Standard Webhooks 1.0 writes them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime


def new_secret() -> str:
    """A signing secret: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def signed(message_id: str, at: datetime, content: bytes, *, by: Iterable[str]) -> dict[str, str]:
    """The headers of one attempt; `by` are the secrets that sign, the newest first."""
    from standardwebhooks import Webhook

    text = content.decode()
    signatures = [Webhook(secret).sign(message_id, at, text) for secret in by]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
