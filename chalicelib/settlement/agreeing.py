"""Making our rows agree with a subscription as Stripe has it.

The subscription is read anew from Stripe, after our own rows and before a write that holds only if
they stood still. So it does not matter in which order one hears of changes, nor how often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import clock, db
from chalicelib.accounts.paying import new_telling
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.plans import ENDED, LIVE
from chalicelib.billing.slots import Seat, held
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.settlement.reading import read_subscription
from chalicelib.settlement.rules import Awake, Subscription, seated, speaks_for, strayed
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace

Change = tuple[db.Table, list[Any]]
_CHUNK = db.TRANSACTION_LIMIT - 1
"""Rows of one transaction beside the user's own."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What came of it."""

    found: Subscription
    awake: Sequence[Awake] = ()
    """The accounts that are awake then; none when the subscription does not speak for the user."""
    corrected: int = 0
    """Facts about the user and the accounts that were not as Stripe has them."""
    strayed: int = 0
    """Slots that Stripe held otherwise than the accounts need it."""
    telling: str | None = None
    """The action by which Stripe is told of those."""
    is_second: bool = False
    """It was a second live subscription, and is cancelled."""


@db.retried_on_conflict
def agree(user_id: int, subscription_id: str, subscriptions: Subscriptions) -> Agreed:
    """Write what Stripe says. Raises StripeFailed."""
    workspace = Workspace.to_change(user_id)
    user, stripe = workspace.owner, subscriptions.connect()
    found, status = read_subscription(stripe, subscription_id), str(user.status)
    is_other = user.subscription_id not in (None, found.subscription_id)
    if not found.is_ours and found.subscription_id != user.subscription_id:
        return Agreed(found)
    if found.is_live and is_other and status in LIVE:
        former = read_subscription(stripe, str(user.subscription_id))
        if former.is_live:
            subscriptions.cancel(found.subscription_id)
            return Agreed(found, is_second=True)
        status = former.status  # the news of its end is still under way
    if not speaks_for(found, known_id=user.subscription_id, known_status=status):
        return Agreed(found)
    return _written(workspace, found)


def _written(workspace: Workspace, found: Subscription) -> Agreed:
    user = workspace.owner
    changes = _tiers(workspace, found)
    tiers = {each.account_id: each.tier for each in _awake(workspace)} | changes
    awake = [Awake(account_id, tier) for account_id, tier in tiers.items() if tier]
    state = _state(user, found)
    seats = _seats(workspace, changes)
    missed = 0
    if found.is_live and not state.get("untold", user.untold):
        missed = strayed(found, seats)
        state["slots"] = held(found.slots, seats)
    telling = new_telling() if missed else None
    corrected = len(changes) + len(_differing(user, state))
    if telling:
        state["untold"] = {telling: int(clock.now().timestamp())}
    rows = [*_account_changes(workspace, changes), *_pair_changes(workspace, changes)]
    _write(user, state, rows)
    return Agreed(found, awake, corrected, missed, telling)


def _awake(workspace: Workspace) -> list[Awake]:
    """Awake accounts in the order in which they were added."""
    return [
        Awake(account_id, account.tier)
        for account_id, account in sorted(workspace.accounts.items())
        if account.is_awake
    ]


def _tiers(workspace: Workspace, found: Subscription) -> dict[int, str | None]:
    """The accounts that change, with their new tier; None for those that are put to sleep."""
    awake = _awake(workspace)
    accounts = workspace.accounts
    if found.subscription_id != workspace.owner.subscription_id:
        bought = seated(awake, found.slots)
        now_on = {each.account_id: each.tier for each in awake}
        return {
            known: tier
            for known, tier in bought.items()
            if tier != now_on[known] or accounts[known].pending_tier
        }
    now = max(clock.now(), found.period_start or clock.now())
    return {
        each.account_id: accounts[each.account_id].pending_tier
        for each in awake
        if accounts[each.account_id].pending_tier
        and accounts[each.account_id].pending_tier_at <= now
    }


def _seats(workspace: Workspace, changes: dict[int, str | None]) -> list[Seat]:
    """What the awake accounts take once they are changed; a change leaves nothing pending."""
    return [
        Seat(tier) if account_id in changes else Seat(account.tier, account.pending_tier)
        for account_id, account in workspace.accounts.items()
        if account.is_awake and (tier := changes.get(account_id, account.tier))
    ]


def _account_changes(workspace: Workspace, tiers: dict[int, str | None]) -> Iterator[Change]:
    for account_id, tier in tiers.items():
        account = workspace.accounts[account_id]
        actions: list[Any] = [
            AccountItem.tier.set(tier or account.pending_tier or account.tier),
            AccountItem.is_awake.set(tier is not None),
            AccountItem.pending_tier.remove(),
            AccountItem.pending_tier_at.remove(),
        ]
        yield AccountItem(account.user_id, account.key), actions


def _pair_changes(workspace: Workspace, tiers: dict[int, str | None]) -> Iterator[Change]:
    """Streams keep copies of their accounts' tiers."""
    for stream in workspace.streams.values():
        touched = [pair for pair in stream.pairs if tiers.get(pair.account_id)]
        for pair in touched:
            pair.tier = tiers[pair.account_id]
        if touched:
            row = StreamItem(stream.user_id, stream.key)
            yield row, [StreamItem.pairs.set(stream.pairs)]


def _state(user: UserItem, found: Subscription) -> dict[str, Any]:
    """The user's row as the subscription wants it."""
    is_same = found.subscription_id == user.subscription_id
    is_ours_to_tell = is_same and user.untold and found.status not in ENDED
    state: dict[str, Any] = {
        "status": found.status,
        "slots": user.slots if is_ours_to_tell else dict(found.slots),
        "customer_id": found.customer_id,
        "subscription_id": found.subscription_id,
        "period_start": found.period_start,
    }
    if user.untold and not is_ours_to_tell:
        state["untold"] = {}  # they were about a subscription that is gone
    return state


def _differing(user: UserItem, state: dict[str, Any]) -> list[str]:
    """The facts that are not so in the user's row; no slots of a tier are none, said or unsaid."""
    return [name for name, value in state.items() if _plain(getattr(user, name)) != _plain(value)]


def _plain(value: Any) -> Any:
    return {name: n for name, n in value.items() if n} if isinstance(value, dict) else value


def _write(user: UserItem, state: dict[str, Any], changes: list[Change]) -> None:
    """The user's own row comes with the last rows: a change cut short begins again."""
    if not changes and not _differing(user, state):
        return
    version = user.version
    while len(changes) > _CHUNK:
        _commit(user, version, [], changes[:_CHUNK])
        changes, version = changes[_CHUNK:], version + 1
    own = [db.put(getattr(UserItem, name), value) for name, value in state.items()]
    _commit(user, version, own, changes)


def _commit(user: UserItem, version: int, state: list[Any], changes: list[Change]) -> None:
    with db.transaction() as write:
        write.update(
            UserItem(user.user_id, SELF),
            actions=[UserItem.version.set(version + 1), *state],
            condition=UserItem.version == version,
        )
        for row, actions in changes:
            write.update(row, actions=actions)
