"""The other systems that delivery touches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from chalicelib import queues
from chalicelib.notices.channels import Channels
from chalicelib.open_web.client import Client

LONGEST_HOP = 900
"""Seconds that SQS holds a message back at most; one that waits longer is sent again until due."""


def later(job: queues.Job, pause: timedelta) -> None:
    """Put a job on its queue so that it comes after a pause, or after the longest there is."""
    queues.send([job], delay_seconds=min(max(0, ceil(pause.total_seconds())), LONGEST_HOP))


@dataclass(frozen=True, slots=True)
class Edges:
    """Handed in by the deliver queue's handler."""

    web: Client
    """Posts to addresses that users gave us."""
    channels: Channels
    """By which people are told something."""
    later: Callable[[queues.Job, timedelta], None] = later
    """Sends a job that is to come after a pause; it says itself when it is due."""
