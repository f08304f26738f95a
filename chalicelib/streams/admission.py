"""Everything that must hold before a stream is written, in the order that callers are promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.billing import gates
from chalicelib.billing.plans import plan_of
from chalicelib.errors import UnsafeUrl
from chalicelib.profile import Profile
from chalicelib.streams import free_addresses, rules
from chalicelib.streams.edges import Edges
from chalicelib.streams.pairing import Plan
from chalicelib.streams.resolving import look_up
from chalicelib.streams.table import StreamItem
from chalicelib.streams.workspace import Workspace

NEW_STREAM = 0
"""Stands for a stream that has no id yet."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request makes of a stream, as far as gates look at it."""

    is_automated: bool
    before: StreamItem | None = None
    """The stream as it is; None for a new one."""
    sync_times: Sequence[str] = ()
    """To be checked against the accounts; empty when the request touches neither."""
    webhook_url: str | None = None
    """To be checked; None when the request names none."""
    runs_now: bool = False

    @property
    def present(self) -> set[int]:
        """The accounts that the stream has already."""
        return {pair.account_id for pair in self.before.pairs} if self.before else set()


def admit(
    plan: Plan, wish: Wish, workspace: Workspace, edges: Edges, known: dict[str, Profile]
) -> Plan:
    """The plan with all its accounts found, if everything may be as it wants.

    Gates that need no other system come first; what only shows once the accounts are found is
    asked again. Raises the errors that creating and changing a stream document.
    """
    _refuse_too_many_times(plan, wish, workspace)
    if wish.webhook_url is not None and not edges.is_safe(wish.webhook_url):
        raise UnsafeUrl
    _gate_accounts(plan, wish, workspace)
    adds = any(used.is_new for used in plan.accounts)
    former_holder = free_addresses.refuse_shared(workspace.owner) if adds else None
    _gate_streams(plan, wish, workspace)
    found = look_up(plan, workspace, wish.present, known, edges.profiles)
    _refuse_too_many_times(found, wish, workspace)
    _gate_accounts(found, wish, workspace)
    _gate_streams(found, wish, workspace)
    found.former_holder = former_holder
    return found


def _refuse_too_many_times(plan: Plan, wish: Wish, workspace: Workspace) -> None:
    status = workspace.owner.status
    most = max(plan_of(status, used.tier).daily_syncs for used in plan.accounts)
    rules.refuse_too_many_times(wish.sync_times, most)


def _gate_accounts(plan: Plan, wish: Wish, workspace: Workspace) -> None:
    status = workspace.owner.status
    new = [used for used in plan.accounts if used.is_new]
    woken = [used for used in plan.accounts if used.is_woken]
    if new or woken or wish.runs_now:
        gates.require_not_lapsed(status)
    gates.gate_new_tiers(status, [used.tier for used in new])
    if new:
        gates.gate_free_accounts(status, len(workspace.accounts) + len(new))
    if woken:
        awake = sum(account.is_awake for account in workspace.accounts.values())
        gates.gate_free_accounts(status, awake + len(new) + len(woken))


def _gate_streams(plan: Plan, wish: Wish, workspace: Workspace) -> None:
    """Accounts for which the stream becomes an automated one have room for one more."""
    if not wish.is_automated:
        return
    was_automated = wish.before is not None and wish.before.is_automated
    automated = workspace.automated()
    for used in plan.accounts:
        if was_automated and not used.is_added:
            continue
        streams = set(automated[used.account.account_id]) if used.account else set()
        streams.add(wish.before.stream_id if wish.before else NEW_STREAM)
        gates.gate_stream_cap(workspace.owner.status, used.handle, used.tier, len(streams))
