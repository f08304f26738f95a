"""Whatever is done with credits in whatever order: never below zero, and the ledger adds up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import clock, db
from chalicelib.auth import users
from chalicelib.auth.users import FREE_CREDITS, UserItem
from chalicelib.billing import credits
from chalicelib.billing.ledger import LedgerItem
from chalicelib.errors import CreditsExhausted

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(1, 6)),
        st.tuples(st.just("settle"), st.integers(0, 6)),
        st.tuples(st.just("give back"), st.integers(0, 5)),
        st.tuples(st.just("grant"), st.integers(0, 3)),
        st.tuples(st.just("grants"), st.integers(0, 3)),
        st.tuples(st.just("forget"), st.just(0)),
    ),
    max_size=14,
)
_names: Iterator[int] = count()


class Purse:
    """A user's credits, and every hold that was ever made."""

    def __init__(self) -> None:
        self.user_id = users.create(f"purse{next(_names)}@example.org", "Purse").user_id
        self.holds: list[credits.Hold] = []
        self.later = timedelta()

    @property
    def row(self) -> UserItem:
        return credits.purse_of(self.user_id)

    def do(self, action: str, number: int) -> None:
        hold = self.holds[number % len(self.holds)] if self.holds else None
        if action == "reserve":
            with suppress(CreditsExhausted):
                self.holds.append(credits.reserve(self.row, number))
        elif action == "settle" and hold:
            with suppress(db.Conflict), db.transaction() as write:
                spent = min(number, hold.amount)
                credits.settle(write, self.user_id, hold, spent=spent)
        elif action == "give back" and hold:
            credits.give_back(self.user_id, hold)
        elif action == "grant":
            credits.grant(self.user_id, f"key {number}", 10 + number)
        elif action == "grants":
            credits.grant_all(self.user_id, [(f"key {n}", 10 + n) for n in range(number)])
        elif action == "forget":
            self.later += credits.HOLD


@pytest.mark.usefixtures("aws")
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(actions=ACTIONS)
def test_it_always_adds_up(actions: list[tuple[str, int]]) -> None:
    purse = Purse()
    for action, number in actions:
        with time_machine.travel(clock.now() + purse.later, tick=True):
            purse.do(action, number)
        row = purse.row
        aside = sum(int(hold["amount"]) for hold in row.holds.as_dict().values())
        ledger = [entry.amount for entry in LedgerItem.query(purse.user_id, consistent_read=True)]
        assert row.credits >= 0
        assert row.credits + aside == FREE_CREDITS + sum(ledger)
        assert row.granted == sum(amount for amount in ledger if amount > 0)
