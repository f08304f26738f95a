"""The other systems that writing a stream touches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.follow_up import Follow
from chalicelib.upstreams.profiles import Profiles


@dataclass(frozen=True, slots=True)
class Edges:
    """Handed in by the routes."""

    profiles: Profiles
    subscriptions: Subscriptions
    is_safe: Callable[[str], bool]
    """Whether a URL is safe to call from our network."""
    follow: Follow
