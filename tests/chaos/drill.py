"""A scenario under one fault: what it leaves must be what it leaves in peace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localdev.xworld.server import Server
from tests.chaos import faults
from tests.chaos.faults import Fault, Saboteur
from tests.chaos.outcome import outcome
from tests.chaos.scenarios import Scenario
from tests.chaos.sites import Site
from tests.chaos.stage import staged
from tests.chaos.told import MAY_COME_TWICE, without_a_double

MOST_CALLS = 3
"""From one place, in one story: calls between the first and the last find rows in the same states
as one in the middle.
"""


@dataclass(frozen=True)
class Peace:
    """A scenario in which nothing goes wrong."""

    outcome: dict[str, Any]
    calls: tuple[Site, ...]
    messages: int


@dataclass(frozen=True)
class Case:
    """One fault at one call, or at one message."""

    fault: Fault
    at: int = 0
    """The number of the message, from 1; of the call among those from `site`."""
    site: Site | None = None


@dataclass(frozen=True)
class Result:
    """What became of a case."""

    site: Site | None
    difference: str
    """Empty when there is none."""


def in_peace(scenario: Scenario, x_world: Server) -> Peace:
    """Play it undisturbed. Raises AssertionError when anything failed even so."""
    saboteur = Saboteur()
    with staged(x_world, saboteur) as stage:
        given = scenario.prepare(stage)
        saboteur.calls.clear()
        stage.messages = 0
        scenario.act(stage, given)
        messages, calls = stage.messages, tuple(saboteur.calls)
        found = outcome(stage, but=scenario.of_whoever_came_first)
        assert not stage.errors, f"{scenario.name}: {stage.errors}"
    statuses = {run["status"] for each in found["streams"] for run in each["runs"]}
    assert statuses == {scenario.ends}, f"{scenario.name}: {statuses}"
    return Peace(found, calls, messages)


def cases(peace: Peace, most: int = MOST_CALLS) -> Iterator[Case]:
    """Each fault at each place that calls and at each message, and all messages newest first.

    A place that makes more than `most` calls in the story is struck at the first, the last, and
    some between.
    """
    for site, made in Counter(peace.calls).items():
        number = min(made, most)
        for at in sorted({1 + step * (made - 1) // max(1, number - 1) for step in range(number)}):
            for fault in _faults_at(site):
                yield Case(fault, at, site)
    for at in range(1, peace.messages + 1):
        for fault in faults.OF_MESSAGES:
            yield Case(fault, at)
    yield Case(Fault.BACKWARDS)


def some_cases(peace: Peace, number: int) -> list[Case]:
    """As many of all cases, spread over the story and over the faults."""
    every = list(cases(peace))
    step = len(every) / number
    return [every[int(step * place + step / 2)] for place in range(number)]


def under_fire(scenario: Scenario, peace: Peace, case: Case, x_world: Server) -> Result:
    """Play it under a fault, and compare."""
    saboteur = Saboteur()
    with staged(x_world, saboteur) as stage:
        given = scenario.prepare(stage)
        saboteur.calls.clear()
        stage.messages = 0
        saboteur.fault, saboteur.at, saboteur.site = case.fault, case.at, case.site
        stage.courier.backwards = case.fault is Fault.BACKWARDS
        try:
            scenario.act(stage, given)
        except AssertionError as problem:
            return Result(saboteur.struck, str(problem))
        found = outcome(stage, but=scenario.of_whoever_came_first)
    if saboteur.struck != case.site:
        return Result(None, f"call {case.at} from {case.site} was not made")
    if (case.fault, case.site) in MAY_COME_TWICE:
        found["told"] = without_a_double(found["told"])
    return Result(saboteur.struck, difference(peace.outcome, found))


def difference(expected: Any, found: Any, path: str = "") -> str:
    """Where two outcomes differ first, in a line; empty when they do not."""
    if expected == found:
        return ""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            if told := difference(expected.get(key), found.get(key), f"{path}/{key}"):
                return told
    if isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        if len(expected) == len(found):
            pairs = enumerate(zip(expected, found, strict=True))
            told = (difference(one, other, f"{path}/{n}") for n, (one, other) in pairs)
            return next(each for each in told if each)
        return f"{path}: {len(expected)} expected, {len(found)} found"
    return f"{path}: {expected!r} expected, {found!r} found"


def _faults_at(site: Site) -> tuple[Fault, ...]:
    return faults.OF_AWS if site.service in faults.AWS_SERVICES else faults.OF_UPSTREAMS
