"""Telegram: a message from our bot to a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.upstreams import Errand
from chalicelib.upstreams.errors import Refused, Rejected, UpstreamFault

if TYPE_CHECKING:
    from chalicelib.upstreams.transport import Transport

NAME = "telegram"
LONGEST = 4096
"""Characters of a message, after its marks are read."""
NAMED_FAULTS: Mapping[str, type[UpstreamFault]] = {
    "chat not found": Rejected,
    "bot was blocked": Refused,
    "bot was kicked": Refused,
    "user is deactivated": Refused,
}


class Telegram:
    """Writes as one bot."""

    def __init__(self, transport: Transport, token: str) -> None:
        self._transport = transport
        self._token = token

    def send(self, chat_id: str, html: str, errand: Errand) -> None:
        """Send a message in Telegram's HTML (b, i, a; everything else escaped).

        Raises Rejected and Refused for a chat that cannot be written to, Unavailable for the rest.
        """
        body = {
            "chat_id": chat_id,
            "text": html,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        # The token is part of the path: that is how Telegram wants it.
        self._transport.post(f"/bot{self._token}/sendMessage", {}, body, errand=errand)
