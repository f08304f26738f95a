"""The ways by which people are told something."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.mail import Mailer
from chalicelib.storage import Storage
from chalicelib.upstreams.telegram import Telegram


@dataclass(frozen=True, slots=True)
class Channels:
    """Handed in by the deliver queue's handler."""

    mail: Mailer
    telegram: Telegram | None
    """None where no bot is configured."""
    storage: Storage
    """For files that a mail cannot carry."""
