"""No endpoint asks AWS more often than the budget says, and no endpoint is without a line in it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from bench.budget import LINES, Line
from bench.trip_world import World, a_world
from bench.trips import taken
from chalicelib.rooms import ROOMS
from localdev.xworld.server import Server
from tests.emulators import Empty


@pytest.fixture(scope="module")
def world(_emulator: Empty, _x_server: Server) -> Iterator[World]:
    _emulator()
    httpx.post(f"{_x_server.url}/_control/reset").raise_for_status()
    with a_world(_x_server) as made:
        yield made


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.route} {line.case}".strip())
def test_round_trips(world: World, line: Line) -> None:
    calls = taken(line, world)
    assert len(calls) <= line.most, calls


def test_every_endpoint_has_a_line() -> None:
    assert {line.route for line in LINES} == {route for room in ROOMS.values() for route in room}
