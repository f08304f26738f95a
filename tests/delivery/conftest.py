"""A desk of receivers, and a hand on the deliver queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localdev.desk.server import Desk
from tests.delivery.hand import DeliverHand


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Receivers of webhooks over HTTP."""
    with Desk() as running:
        yield running


@pytest.fixture
def hand(aws: str) -> DeliverHand:
    """A hand on the deliver queue."""
    return DeliverHand()
