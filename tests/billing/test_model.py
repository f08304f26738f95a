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

STEPS = int(os.environ.get("SOAK_STEPS", "30"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
STORY = os.environ.get("SOAK_STORY", "")
LENGTH = min(STEPS, 40)
"""Actions of one user."""
A_STORY = "7,1,2,3,4,5,6,7,8,9,10,11,12"
SETTINGS = settings(
    max_examples=-(-STEPS // LENGTH),
    stateful_step_count=LENGTH,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


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


@pytest.mark.skipif(bool(STORY), reason="one story is wanted")
@pytest.mark.usefixtures("_people")
def test_money_never_drifts(_emulator: Empty) -> None:
    @seed(SEED)
    def user() -> Money:
        _emulator()
        return Money()

    run_state_machine_as_test(user, settings=SETTINGS)
    assert FIGURES.heals
    if "SOAK_STEPS" in os.environ:
        print(f"\n{FIGURES}")


@pytest.mark.usefixtures("_people")
def test_a_story_repeats(_emulator: Empty) -> None:
    """What a failure prints shows the same failure again."""
    told = []
    for _ in range(2):
        _emulator()
        told.append(_lived(STORY or A_STORY))
    assert told[0] == told[1]
