"""Random actions, deaths and late events against the fake Stripe, compared with a simple model.

`make soak` runs the same for longer. SOAK_STEPS says how long, SOAK_SEED where chance begins,
SOAK_STORY gives one user's story again, as a failure prints it.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from localdev.xworld.server import Server
from tests.billing.money_user import PEOPLE, Money
from tests.billing.money_world import FIGURES
from tests.emulators import Empty

STEPS = int(os.environ.get("SOAK_STEPS", "45"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
STORY = os.environ.get("SOAK_STORY", "7,1,2,3,4,5,6,7,8,9,10,11,12")
LENGTH = min(STEPS // 3, 40)
"""Actions of one user."""


@pytest.fixture
def empty(_emulator: Empty) -> Empty:
    return _emulator


@pytest.fixture
def _people(x_world: Server) -> None:
    for number in range(PEOPLE):
        bio = f"hi@person{number}.example"
        x_world.world.people.edit(f"person_{number:03d}", {"bio": bio})


def _lived(story: str) -> list[str]:
    """What happens to a user whose numbers these are."""
    first, *others = [int(number) for number in story.split(",")]
    user = Money()
    try:
        user.begin(first)
        for each in others:
            user.act(each)
    finally:
        user.teardown()
    return user.world.told


def _live(empty: Empty, chance: int, users: int) -> None:
    """Let so many users live, each in a world of their own."""

    @seed(chance)
    def user() -> Money:
        empty()
        return Money()

    run_state_machine_as_test(
        user,
        settings=settings(
            max_examples=users,
            stateful_step_count=1 + LENGTH,  # the beginning counts
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.usefixtures("_people")
def test_money_never_drifts(empty: Empty) -> None:
    before, chance = FIGURES.steps, SEED
    while (left := STEPS - FIGURES.steps + before) > 0:  # a life may be a short one
        _live(empty, chance, -(-left // LENGTH))
        chance += 1
    if "SOAK_STEPS" in os.environ:
        print(f"\n{FIGURES}, drift 0")


@pytest.mark.usefixtures("_people")
def test_a_story_repeats(empty: Empty) -> None:
    """What a failure prints shows the same failure again."""
    told = []
    for _ in range(2):
        empty()
        told.append(_lived(STORY))
    assert told[0] == told[1]
