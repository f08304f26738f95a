"""From the pairs of a request to accounts and segments: checked first, looked up on X last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib import ids
from chalicelib.accounts.table import AccountItem
from chalicelib.billing import gates
from chalicelib.billing.plans import FREE, SEGMENTS_PER_STREAM, plan_of
from chalicelib.errors import (
    AccountNotFound,
    HandleLookupFailed,
    HandleNotFound,
    HandleProtected,
    SegmentNotFound,
    StripeFailed,
)
from chalicelib.profile import Profile
from chalicelib.segments.rules import Filters
from chalicelib.segments.service import new_segment
from chalicelib.segments.table import SegmentItem
from chalicelib.streams import rules
from chalicelib.streams.schemas import AccountUsed, BillingDelta, Pair
from chalicelib.streams.workspace import Workspace
from chalicelib.upstreams.errors import Unavailable


class HandleLookup(Protocol):
    """Finds X accounts by handle."""

    def resolve(self, handles: Sequence[str]) -> Mapping[str, Profile]:
        """Profiles by lower-cased handle; missing handles are left out. Raises Unavailable."""


@dataclass(slots=True)
class Used:
    """An account that a request names, known or still to be looked up."""

    handle: str
    """As known, else as given, lower-cased."""
    tier: str
    account: AccountItem | None = None
    is_new: bool = False
    is_woken: bool = False
    billing_delta: BillingDelta = "none"


@dataclass(slots=True)
class Plan:
    """What a request would make of its pairs; nothing is written yet."""

    accounts: list[Used]
    """Distinct, in order of first mention."""
    segment: SegmentItem
    is_new_segment: bool
    keys: list[str] = field(default_factory=list)
    """For each pair of the request what tells its account from others."""


def plan(pairs: Sequence[Pair], inline: Sequence[Filters], workspace: Workspace) -> Plan:
    """Decide everything that needs no look-up on X.

    `inline` are the canonical inline segments, one per pair that has one. Raises, in this order,
    StreamMultiSegment, AccountNotFound or SegmentNotFound, InvalidRequest for doubles.
    """
    named = {pair.segment_id for pair in pairs if pair.segment is None}
    distinct = len(named) + len(set(inline))
    rules.refuse_too_many_segments(distinct, SEGMENTS_PER_STREAM)
    by_handle = {item.handle.lower(): item for item in workspace.accounts.values()}
    found: dict[str, Used] = {}
    keys = []
    for pair in pairs:
        used = _used(pair, workspace, by_handle)
        keys.append(used.handle.lower())
        found.setdefault(used.handle.lower(), used)
    segment = _segment(named, inline, workspace)
    rules.refuse_twice(keys)
    return Plan(list(found.values()), segment, is_new_segment=bool(inline), keys=keys)


def _used(pair: Pair, workspace: Workspace, by_handle: Mapping[str, AccountItem]) -> Used:
    if pair.account_handle is None:
        account = workspace.accounts.get(pair.account_id)
        if account is None:
            raise AccountNotFound
    else:
        handle = pair.account_handle.removeprefix("@")
        account = by_handle.get(handle.lower())
        if account is None:
            return Used(handle.lower(), pair.account_tier, is_new=True)
    return Used(account.handle, account.tier, account, is_woken=not account.is_awake)


def _segment(named: Iterable[int], inline: Sequence[Filters], workspace: Workspace) -> SegmentItem:
    if inline:
        return new_segment(workspace.owner.user_id, inline[0])
    segment = workspace.segments.get(next(iter(named)))
    if segment is None:
        raise SegmentNotFound
    return segment


def gate(plan: Plan, workspace: Workspace, *, adds_automation: bool) -> None:
    """The paywall, before any other system is asked."""
    owner, status = workspace.owner, workspace.owner.status
    new = [used for used in plan.accounts if used.is_new]
    woken = [used for used in plan.accounts if used.is_woken]
    if new or woken:
        gates.require_not_lapsed(status)
    gates.gate_new_tiers(status, [used.tier for used in new])
    if new:
        gates.gate_free_accounts(status, len(workspace.accounts) + len(new))
    if adds_automation:
        automated = workspace.automated()
        for used in plan.accounts:
            before = len(automated[used.account.account_id]) if used.account else 0
            gates.gate_stream_cap(owner.status, used.handle, used.tier, before + 1)


def best_daily_syncs(plan: Plan, status: str) -> int:
    """The highest daily sync cap among the plan's accounts."""
    return max(plan_of(status, used.tier).daily_syncs for used in plan.accounts)


def look_up(
    plan: Plan, workspace: Workspace, known: dict[str, Profile], lookup: HandleLookup
) -> None:
    """Find the new handles on X, in one batch, and make their account rows.

    `known` remembers what was found over retries. A handle that turns out to be a tracked account
    under a former name becomes that account. Raises HandleNotFound, HandleProtected,
    HandleLookupFailed, each for the first handle in order; InvalidRequest for doubles.
    """
    new = [used.handle for used in plan.accounts if used.is_new]
    asked = [handle for handle in new if handle not in known]
    if asked:
        try:
            known.update(lookup.resolve(asked))
        except Unavailable as fault:
            seconds = str(round(fault.retry_after or 30))
            raise HandleLookupFailed(headers={"Retry-After": seconds}) from fault
    by_x_id = {item.x_user_id: item for item in workspace.accounts.values()}
    keys: dict[str, str] = {}
    for used in plan.accounts:
        if not used.is_new:
            keys[used.handle.lower()] = str(used.account and used.account.x_user_id)
            continue
        profile = known.get(used.handle)
        if profile is None:
            raise HandleNotFound(f"There is no X account @{used.handle}.", handle=used.handle)
        if profile.protected:
            raise HandleProtected(f"@{profile.handle} is private.", handle=used.handle)
        keys[used.handle] = profile.id
        used.account = by_x_id.get(profile.id)
        used.is_new = used.account is None
        used.is_woken = used.account is not None and not used.account.is_awake
    rules.refuse_twice([keys[key] for key in plan.keys])


def open_accounts(
    plan: Plan, workspace: Workspace, known: Mapping[str, Profile], now: datetime
) -> None:
    """Give every new account its row and every account that starts to be billed its paid slot.

    Raises StripeFailed when a tier has no paid slot left: raising its quantity needs payments.
    """
    user_id = workspace.owner.user_id
    for used in plan.accounts:
        if used.is_new:
            used.account = _new_account(user_id, used.tier, known[used.handle], now)
        if used.account is not None:
            used.handle, used.tier = used.account.handle, used.account.tier
    if workspace.owner.status == FREE:
        return
    awake = [item for item in workspace.accounts.values() if item.is_awake]
    taken = {tier: sum(item.tier == tier for item in awake) for tier in workspace.owner.slots}
    for used in plan.accounts:
        if used.is_new or used.is_woken:
            taken[used.tier] = taken.get(used.tier, 0) + 1
            if taken[used.tier] > workspace.owner.slots.get(used.tier, 0):
                raise StripeFailed(f"No paid {used.tier} slot is free.")
            used.billing_delta = "unused_slot_used"


def _new_account(user_id: int, tier: str, profile: Profile, now: datetime) -> AccountItem:
    account_id = ids.new_id()
    return AccountItem(
        user_id,
        AccountItem.at(account_id),
        account_id=account_id,
        x_user_id=profile.id,
        handle=profile.handle,
        tier=tier,
        added_at=now,
        image_url=profile.image_url,
        follower_count=profile.followers,
        post_count=profile.posts,
    )


def shown(plan: Plan) -> list[AccountUsed]:
    """What became of the accounts, as the answer lists them."""
    return [
        AccountUsed(
            handle=used.handle,
            account_id=used.account.account_id,
            account_created=used.is_new,
            billing_delta=used.billing_delta,
        )
        for used in plan.accounts
        if used.account is not None
    ]
