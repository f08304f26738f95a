"""Making our rows agree with Stripe, whenever an event says that something happened there.

The subscription is read anew from Stripe, after our own rows and before a write that holds only if
they stood still. So it does not matter in which order events come, nor how often.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib import clock, db
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import credits, grants
from chalicelib.billing.inbox import SettleEvent
from chalicelib.billing.stripe_client import Stripe
from chalicelib.billing.table import StripeEventItem
from chalicelib.settlement.reading import read_subscription
from chalicelib.settlement.rules import Awake, Subscription, seated, speaks_for
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace

Change = tuple[db.Table, list[Any]]
_CHUNK = db.TRANSACTION_LIMIT - 1
"""Rows of one transaction beside the user's own."""


def settle(job: SettleEvent, *, stripe: Stripe) -> None:
    """Settle a stored event. Raises StripeFailed when Stripe cannot be asked: it is tried again."""
    event = StripeEventItem.find(job.event_id)
    if event is None or event.is_settled or event.user_id is None:
        return
    found, awake = _agree(event.user_id, str(event.subscription_id), stripe)
    if found.is_live and found.is_paid and found.period_start is not None:
        start = found.period_start
        due = [due for each in awake for due in grants.due(each.account_id, each.tier, start)]
        credits.grant_all(event.user_id, due)
    event.update(actions=[StripeEventItem.is_settled.set(True)])


@db.retried_on_conflict
def _agree(user_id: int, subscription_id: str, stripe: Stripe) -> tuple[Subscription, list[Awake]]:
    """Write what Stripe says. Returns it with the accounts that are then awake."""
    workspace = Workspace.to_change(user_id)
    found = read_subscription(stripe, subscription_id)
    user = workspace.owner
    if not speaks_for(found, known_id=user.subscription_id, known_status=user.status):
        return found, []
    tiers = _tiers(workspace, found)
    _write(user, found, [*_account_changes(workspace, tiers), *_pair_changes(workspace, tiers)])
    after = {each.account_id: each.tier for each in _awake(workspace)} | tiers
    return found, [Awake(account_id, tier) for account_id, tier in after.items() if tier]


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
    if found.subscription_id != workspace.owner.subscription_id:
        now_on = {each.account_id: each.tier for each in awake}
        bought = seated(awake, found.slots)
        return {known: tier for known, tier in bought.items() if tier != now_on[known]}
    pending = (workspace.accounts[each.account_id] for each in awake)
    return {
        account.account_id: account.pending_tier
        for account in pending
        if account.pending_tier and account.pending_tier_at <= clock.now()
    }


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


def _write(user: UserItem, found: Subscription, changes: list[Change]) -> None:
    """The user's own row comes with the last rows: a change cut short begins again."""
    state = _state(user, found)
    if not changes and all(getattr(user, name) == value for name, value in state.items()):
        return
    version = user.version
    while len(changes) > _CHUNK:
        _commit(user, version, [], changes[:_CHUNK])
        changes, version = changes[_CHUNK:], version + 1
    own = [db.put(getattr(UserItem, name), value) for name, value in state.items()]
    _commit(user, version, own, changes)


def _state(user: UserItem, found: Subscription) -> dict[str, Any]:
    """The user's row as the subscription wants it."""
    is_ours_to_tell = found.subscription_id == user.subscription_id and not user.is_stripe_told
    return {
        "status": found.status,
        "slots": user.slots if is_ours_to_tell else dict(found.slots),
        "customer_id": found.customer_id,
        "subscription_id": found.subscription_id,
        "period_start": found.period_start,
    }


def _commit(user: UserItem, version: int, state: list[Any], changes: list[Change]) -> None:
    with db.transaction() as write:
        write.update(
            UserItem(user.user_id, SELF),
            actions=[UserItem.version.set(version + 1), *state],
            condition=UserItem.version == version,
        )
        for row, actions in changes:
            write.update(row, actions=actions)
