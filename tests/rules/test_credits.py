"""Credits: never below zero, spent once, given back once, granted once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine

from chalicelib import clock, db
from chalicelib.auth import users
from chalicelib.auth.users import FREE_CREDITS, SELF, UserItem
from chalicelib.billing import credits
from chalicelib.billing.ledger import LedgerItem
from chalicelib.errors import CreditsExhausted, NoTeam


@pytest.fixture
def user(aws: str) -> UserItem:
    return users.create("noor@orbitdesk.example", "Noor")


def _now(user: UserItem) -> UserItem:
    return credits.purse_of(user.user_id)


def _ledger(user: UserItem) -> dict[str, int]:
    return {row.entry: row.amount for row in LedgerItem.query(user.user_id)}


def _adds_up(user: UserItem) -> bool:
    row = _now(user)
    held = sum(hold["amount"] for hold in row.holds.as_dict().values())
    return row.credits + held == FREE_CREDITS + sum(_ledger(user).values())


def _settle(user: UserItem, hold: credits.Hold, spent: int) -> None:
    with db.transaction() as write:
        credits.settle(write, user.user_id, hold, spent=spent)


@pytest.mark.parametrize("spent", [0, 1, 2])
def test_what_is_not_spent_comes_back(user: UserItem, spent: int) -> None:
    hold = credits.reserve(user, 2)
    assert credits.balance(_now(user)) == FREE_CREDITS - 2
    assert _adds_up(user)
    _settle(user, hold, spent)
    assert credits.balance(_now(user)) == FREE_CREDITS - spent
    assert _ledger(user) == ({f"spend#{hold.id}": -spent} if spent else {})
    assert _now(user).holds.as_dict() == {}
    assert _adds_up(user)


def test_a_hold_is_settled_once(user: UserItem) -> None:
    hold = credits.reserve(user, 2)
    _settle(user, hold, 1)
    with pytest.raises(db.Conflict):
        _settle(user, hold, 1)
    credits.give_back(user.user_id, hold)
    assert credits.balance(_now(user)) == FREE_CREDITS - 1
    assert _ledger(user) == {f"spend#{hold.id}": -1}
    assert _adds_up(user)


def test_a_hold_is_given_back_once(user: UserItem) -> None:
    hold = credits.reserve(user, 2)
    credits.give_back(user.user_id, hold)
    credits.give_back(user.user_id, hold)
    with pytest.raises(db.Conflict):
        _settle(user, hold, 1)
    assert credits.balance(_now(user)) == FREE_CREDITS
    assert _ledger(user) == {}


def test_a_balance_that_does_not_cover_is_left_alone(user: UserItem) -> None:
    credits.reserve(user, FREE_CREDITS - 1)
    with pytest.raises(CreditsExhausted) as caught:
        credits.reserve(_now(user), 2)
    assert caught.value.headers == {}
    assert credits.balance(_now(user)) == 1
    assert _adds_up(user)


def test_what_a_crash_left_set_aside_comes_back_when_it_is_due(user: UserItem) -> None:
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        credits.reserve(user, FREE_CREDITS)
        traveller.shift(credits.HOLD - timedelta(seconds=1))
        assert credits.balance(_now(user)) == 0
        with pytest.raises(CreditsExhausted):
            credits.reserve(_now(user), 1)
        traveller.shift(timedelta(seconds=1))
        assert credits.balance(_now(user)) == FREE_CREDITS
        hold = credits.reserve(_now(user), FREE_CREDITS)
        assert list(_now(user).holds.as_dict()) == [hold.id]
        _settle(user, hold, FREE_CREDITS)
    assert _now(user).credits == 0
    assert _adds_up(user)


def test_many_who_mend_the_same_crash_give_back_once(user: UserItem) -> None:
    with time_machine.travel(clock.now() - credits.HOLD, tick=False):
        credits.reserve(user, 4)
    seen = _now(user)
    with ThreadPoolExecutor(8) as pool:
        holds = list(pool.map(lambda _: credits.reserve(seen, 1), range(8)))
    assert len({hold.id for hold in holds}) == 8
    assert _now(user).credits == FREE_CREDITS - 8
    assert _adds_up(user)


def test_twenty_reservations_at_once_never_go_below_zero(user: UserItem) -> None:
    def attempt(_: int) -> bool:
        try:
            hold = credits.reserve(user, 1)
        except CreditsExhausted:
            return False
        _settle(user, hold, 1)
        return True

    with ThreadPoolExecutor(10) as pool:
        served = sum(pool.map(attempt, range(20)))
    assert served == FREE_CREDITS
    assert _now(user).credits == 0
    assert sum(_ledger(user).values()) == -FREE_CREDITS


def test_a_grant_counts_once_for_its_key(user: UserItem) -> None:
    assert credits.grant(user.user_id, "31#2026-07-03T00:00:00Z#starter", 50)
    assert not credits.grant(user.user_id, "31#2026-07-03T00:00:00Z#starter", 50)
    assert credits.grant(user.user_id, "31#2026-08-03T00:00:00Z#starter", 50)
    assert _now(user).credits == FREE_CREDITS + 100
    assert _adds_up(user)


def test_a_grant_to_nobody_makes_nobody(user: UserItem) -> None:
    assert not credits.grant(user.user_id + 1, "x", 50)
    assert UserItem.find(user.user_id + 1, SELF) is None
    assert list(LedgerItem.query(user.user_id + 1)) == []


def test_no_team_no_purse(user: UserItem) -> None:
    user.update(actions=[UserItem.has_team.set(False)])
    with pytest.raises(NoTeam):
        credits.purse_of(user.user_id)
