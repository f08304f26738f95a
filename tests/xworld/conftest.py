"""A served world of 130 people for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from localdev.xworld.server import serve
from tests.xworld.made_up import Clock, client, world_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def x(clock: Clock) -> Iterator[httpx.Client]:
    world = world_of(130, present=1.0, now=clock)
    with serve(world) as server, client(server.url) as http:
        yield http
