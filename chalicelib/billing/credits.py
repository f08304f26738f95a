"""A team's credits: set aside, then spent or given back; granted once for each reason.

The balance and what is set aside stand in the user's row, so that one conditional write decides
who gets the last credit. At every moment balance + holds = the opening balance + the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib import clock, db, ids
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.errors import CreditsExhausted, NoTeam

HOLD = timedelta(minutes=16)
"""How long credits stay set aside: longer than any request or worker can live (Lambda: 15 min)."""


class Hold(NamedTuple):
    """Credits set aside for one look-up."""

    id: str
    amount: int


def purse_of(user_id: int) -> UserItem:
    """The row with the team's credits. Raises NoTeam for a user without one."""
    user = UserItem.find(user_id, SELF)
    if user is None or not user.has_team:
        raise NoTeam
    return user


def balance(user: UserItem) -> int:
    """Credits that can be spent now, those that a crash left set aside included."""
    return user.credits + sum(hold.amount for hold in _forgotten(user, clock.now()))


def reserve(user: UserItem, amount: int) -> Hold:
    """Set credits aside. Raises CreditsExhausted when the balance does not cover them."""
    for forgotten in _forgotten(user, clock.now()):
        give_back(user.user_id, forgotten)
    hold = Hold(str(ids.new_id()), amount)
    kept = {"amount": amount, "until": int((clock.now() + HOLD).timestamp())}
    try:
        with db.transaction() as write:
            write.update(
                UserItem(user.user_id, SELF),
                actions=[
                    UserItem.credits.add(-amount),
                    db.member(UserItem.holds, hold.id).set(kept),
                ],
                condition=UserItem.credits >= amount,
            )
    except db.Conflict:
        raise CreditsExhausted from None
    return hold


def settle(write: db.Write, user_id: int, hold: Hold, *, spent: int) -> None:
    """Spend so much of a hold and give back the rest, within a transaction of the caller.

    The transaction raises db.Conflict when the hold is settled already: nothing is spent twice.
    """
    _release(write, user_id, hold, credits_back=hold.amount - spent)
    if spent:
        _enter(write, user_id, f"spend#{hold.id}", -spent)


def give_back(user_id: int, hold: Hold) -> None:
    """Give all of a hold back, once."""
    try:
        with db.transaction() as write:
            _release(write, user_id, hold, credits_back=hold.amount)
    except db.Conflict:
        return  # somebody else gave it back or settled it


def grant(user_id: int, key: str, amount: int) -> bool:
    """Add credits, once for each key. False when the key was granted before."""
    try:
        with db.transaction() as write:
            write.update(
                UserItem(user_id, SELF),
                actions=[UserItem.credits.add(amount), UserItem.granted.add(amount)],
                condition=UserItem.key.exists(),
            )
            _enter(write, user_id, f"grant#{key}", amount)
    except db.Conflict:
        return False
    return True


@db.retried_on_conflict
def grant_all(user_id: int, due: Sequence[tuple[str, int]]) -> None:
    """Add what was not granted before of these keys and amounts, in few round trips."""
    keys = [(user_id, f"grant#{key}") for key, _ in due]
    granted = {row.entry for row in LedgerItem.find_all(keys)}
    missing = [(key, amount) for key, amount in due if f"grant#{key}" not in granted]
    most = db.TRANSACTION_LIMIT - 1
    for start in range(0, len(missing), most):
        batch = missing[start : start + most]
        with db.transaction() as write:
            total = sum(amount for _, amount in batch)
            write.update(
                UserItem(user_id, SELF),
                actions=[UserItem.credits.add(total), UserItem.granted.add(total)],
            )
            for key, amount in batch:
                _enter(write, user_id, f"grant#{key}", amount)


def _forgotten(user: UserItem, now: datetime) -> list[Hold]:
    """Holds of look-ups that died."""
    kept: Mapping[str, Any] = user.holds.as_dict()
    return [
        Hold(hold_id, int(hold["amount"]))
        for hold_id, hold in kept.items()
        if hold["until"] <= now.timestamp()
    ]


def _release(write: db.Write, user_id: int, hold: Hold, *, credits_back: int) -> None:
    place = db.member(UserItem.holds, hold.id)
    write.update(
        UserItem(user_id, SELF),
        actions=[UserItem.credits.add(credits_back), place.remove()],
        condition=place.exists(),
    )


def _enter(write: db.Write, user_id: int, entry: str, amount: int) -> None:
    write.save(
        LedgerItem(user_id, entry, amount=amount, made_at=clock.now()),
        condition=LedgerItem.entry.does_not_exist(),
    )
