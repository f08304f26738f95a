"""A user with the accounts: the ground on which an account's changes are decided and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pynamodb.expressions.update import Action

from chalicelib import clock, db
from chalicelib.accounts.table import KIND, AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.slots import Seat
from chalicelib.errors import AccountNotFound
from chalicelib.workspace import rows


@dataclass(frozen=True, slots=True)
class Tracked:
    """A user's own row and accounts, as they were read together."""

    owner: UserItem
    accounts: Mapping[int, AccountItem]

    @classmethod
    def read(cls, user_id: int) -> Tracked:
        """Read consistently, the user first: what commits after that breaks `changing`."""
        owner = UserItem.get(user_id, SELF, consistent_read=True)
        found = (row for row in rows(user_id, KIND, KIND) if isinstance(row, AccountItem))
        return cls(owner, {row.account_id: row for row in found})

    def account(self, account_id: int) -> AccountItem:
        """One account. Raises AccountNotFound."""
        if account_id not in self.accounts:
            raise AccountNotFound
        return self.accounts[account_id]

    def seats(self, *, without: int | None = None) -> list[Seat]:
        """What the awake accounts take, one of them left out or none."""
        return seats(item for item in self.accounts.values() if item.account_id != without)


def seats(accounts: Iterable[AccountItem]) -> list[Seat]:
    """What those of the accounts that are awake take of the paid slots."""
    return [Seat(item.tier, item.pending_tier) for item in accounts if item.is_awake]


@contextmanager
def changing(
    owner: UserItem,
    *,
    slots: Mapping[str, int] | None = None,
    untold: str | None = None,
    told: str | None = None,
) -> Iterator[db.Write]:
    """A transaction that holds only if nothing changed in the workspace since `owner` was read.

    `slots` are what the subscription holds from now on. `untold` is an action of which Stripe is
    still to hear, `told` one of which Stripe has heard. Raises db.Conflict.
    """
    actions: list[Action] = [UserItem.version.set(owner.version + 1)]
    if slots is not None:
        actions.append(UserItem.slots.set(dict(slots)))
    if untold is not None or told is not None:
        open_ones = {each: since for each, since in owner.untold.items() if each != told}
        if untold is not None:
            open_ones[untold] = int(clock.now().timestamp())
        actions.append(UserItem.untold.set(open_ones))
    with db.transaction() as write:
        write.update(
            UserItem(owner.user_id, SELF),
            actions=actions,
            condition=UserItem.version == owner.version,
        )
        yield write
