"""A few faults of each story; `make chaos` plays all of them, at every call and every message."""

from __future__ import annotations

import pytest

from localdev.xworld.server import Server
from tests.chaos import drill
from tests.chaos.faults import Fault
from tests.chaos.scenarios import SCENARIOS, Scenario

FEW = 2


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.usefixtures("aws")
def test_nothing_is_lost_and_nothing_happens_twice(scenario: Scenario, x_world: Server) -> None:
    peace = drill.in_peace(scenario, x_world)
    assert len(peace.calls) > 25
    for case in drill.some_cases(peace, FEW):
        result = drill.under_fire(scenario, peace, case, x_world)
        assert not result.difference, f"{case.fault} at {case.site}, {case.at}"


@pytest.mark.usefixtures("aws")
def test_a_difference_is_noticed(x_world: Server) -> None:
    """The harness itself: what it expects is compared in full, and a fault that never came told."""
    scenario = SCENARIOS[1]
    peace = drill.in_peace(scenario, x_world)
    assert len(peace.outcome["schedules"]) == len(peace.outcome["accounts"]) == 1
    assert peace.outcome["streams"][0]["matched"][0] == 9
    never = drill.Case(Fault.KILLED_BEFORE, 1_000, peace.calls[0])
    assert "was not made" in drill.under_fire(scenario, peace, never, x_world).difference
    for path, wrong in (("dead", ["scrape"]), ("newcomers", 61), ("streams", [])):
        expected = drill.Peace(peace.outcome | {path: wrong}, peace.calls, peace.messages)
        told = drill.under_fire(scenario, expected, drill.Case(Fault.LATE, 1), x_world).difference
        assert told.startswith(f"/{path}"), told
