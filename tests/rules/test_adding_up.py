"""A balance that its ledger does not explain is counted and told, night by night."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import db, telemetry, wiring
from chalicelib.auth import users
from chalicelib.auth.users import FREE_CREDITS, SELF, UserItem
from chalicelib.billing import credits
from chalicelib.billing.adding_up import add_up
from chalicelib.billing.ledger import LedgerItem
from chalicelib.telemetry import _metrics


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, from warnings on."""
    logger, heard = telemetry.logger, io.StringIO()
    (handler,) = logger.handlers
    before, level = handler.setStream(heard), logger.log_level
    logger.setLevel("WARNING")
    yield heard
    logger.setLevel(level)
    handler.setStream(before)


@pytest.fixture
def user(aws: str) -> UserItem:
    """Somebody who was granted credits, spent some and has some set aside."""
    made = users.create("noor@orbitdesk.example", "Noor")
    credits.grant(made.user_id, "period", 50)
    hold = credits.reserve(made, 4)
    with db.transaction() as write:
        credits.settle(write, made.user_id, hold, spent=3)
    credits.reserve(made, 2)
    _metrics.clear_metrics()
    return made


def _change(user: UserItem, action: object) -> None:
    UserItem(user.user_id, SELF).update(actions=[action])


def _lose_an_entry(user: UserItem) -> None:
    next(row for row in LedgerItem.query(user.user_id) if row.amount > 0).delete()


def test_what_the_ledger_explains_is_no_drift(user: UserItem) -> None:
    assert add_up(user.user_id) == 0
    assert _metrics.metric_set == {}


@pytest.mark.parametrize(
    ("damage", "beyond"),
    [
        (lambda user: _change(user, UserItem.credits.add(7)), 7),
        (lambda user: _change(user, UserItem.credits.add(-1)), -1),
        (lambda user: _change(user, UserItem.holds.set({})), -2),
        (_lose_an_entry, 50),
    ],
)
def test_what_it_does_not_explain_is_counted(
    user: UserItem, log: io.StringIO, damage: Callable[[UserItem], None], beyond: int
) -> None:
    damage(user)
    assert add_up(user.user_id) == beyond
    assert _metrics.metric_set["CreditsDrifted"]["Value"] == [float(abs(beyond))]
    _metrics.clear_metrics()
    line = json.loads(log.getvalue())
    assert (line["user_id"], line["beyond"]) == (user.user_id, beyond)
    assert add_up(user.user_id) == beyond, "nothing is put right"
    _metrics.clear_metrics()


def test_a_user_who_came_with_credits(aws: str) -> None:
    user = users.create("tomas@orbitdesk.example", "Tomas")
    user.update(actions=[UserItem.credits.set(93), UserItem.opening.set(93)])
    assert add_up(user.user_id) == 0
    user.update(actions=[UserItem.opening.remove()])
    assert add_up(user.user_id) == 93 - FREE_CREDITS
    _metrics.clear_metrics()


def _be_busy(user: UserItem) -> None:
    for number in range(15):
        credits.grant(user.user_id, f"more{number}", 5)
        hold = credits.reserve(user, 5)
        with db.transaction() as write:
            credits.settle(write, user.user_id, hold, spent=number % 6)


def test_a_balance_that_moves_meanwhile_is_no_drift(user: UserItem) -> None:
    with ThreadPoolExecutor() as pool:
        busy = pool.submit(_be_busy, user)
        while not busy.done():
            assert add_up(user.user_id) == 0
    busy.result()
    assert add_up(user.user_id) == 0


def test_nobody_has_no_drift(aws: str) -> None:
    assert add_up(1) == 0


def test_every_night_looks(aws: str) -> None:
    assert wiring.caretaker().parts["credits"] is add_up
