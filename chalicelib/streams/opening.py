"""Slots for the accounts that a stream adds or wakes, and the rows that are written with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from chalicelib import db
from chalicelib.accounts.paying import new_telling
from chalicelib.accounts.table import AccountItem
from chalicelib.accounts.tracked import seats
from chalicelib.auth.users import UserItem, numbers
from chalicelib.billing import slots
from chalicelib.billing.plans import FREE
from chalicelib.billing.slots import Seat
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.follow_up import FollowUp
from chalicelib.segments.schemas import shown as segment_shown
from chalicelib.streams import free_addresses
from chalicelib.streams.pairing import Plan
from chalicelib.streams.table import PairMap
from chalicelib.streams.workspace import Workspace


def take_slots(
    plan: Plan, workspace: Workspace, subscriptions: Subscriptions
) -> Mapping[str, int] | None:
    """Note in the plan how each added account is paid for.

    Returns what the subscription must hold from now on, None when that is what it holds already.
    Raises StripeFailed when more is needed and there is nothing that could be raised.
    """
    owner = workspace.owner
    billed = [used for used in plan.accounts if used.is_new or used.is_woken]
    if owner.status == FREE or not billed:
        return None
    before = seats(workspace.accounts.values())
    tiers = [used.tier for used in billed]
    for used, is_free in zip(billed, slots.are_free(owner.slots, before, tiers), strict=True):
        used.billing_delta = "unused_slot_used" if is_free else "stripe_quantity_incremented"
    held = slots.held(owner.slots, [*before, *map(Seat, tiers)])
    if held == owner.slots:
        return None
    subscriptions.require(owner.subscription_id)
    return held


def pair_rows(
    plan: Plan, owner: UserItem, before: Sequence[PairMap], now: datetime
) -> list[PairMap]:
    """The pairs as the stream keeps them: one that it had before stays the same."""
    known = {(pair.account_id, pair.segment_id): pair for pair in before}
    wanted = [(pair.used.row, pair.segment.segment_id) for pair in plan.pairs]
    fresh = [each for each in wanted if (each[0].account_id, each[1]) not in known]
    for pair_id, (account, segment_id) in zip(
        numbers(owner.user_id, len(fresh)), fresh, strict=True
    ):
        known[account.account_id, segment_id] = PairMap(  # type: ignore[no-untyped-call]
            pair_id=pair_id,
            account_id=account.account_id,
            handle=account.handle,
            tier=account.tier,
            segment_id=segment_id,
            created_at=now,
        )
    return [known[account.account_id, segment_id] for account, segment_id in wanted]


def segments_embedded(plan: Plan) -> dict[str, object]:
    """The plan's segments as the stream's row carries them."""
    return {
        str(segment.segment_id): segment_shown(segment).model_dump(mode="json", by_alias=False)
        for segment in plan.segments
    }


def follow_up_of(
    plan: Plan, workspace: Workspace, slots: Mapping[str, int] | None, stream_id: int | None
) -> FollowUp | None:
    """What follows when the plan is written, if anything does.

    `stream_id` is given when schedules follow, `slots` when Stripe does.
    """
    credits = any(used.is_new or used.is_woken for used in plan.accounts)
    if stream_id is None and slots is None and not credits:
        return None
    telling = None if slots is None else new_telling()
    user_id = workspace.owner.user_id
    return FollowUp(user_id=user_id, stream_id=stream_id, telling=telling, credits=credits)


def write_plan(write: db.Write, plan: Plan, owner: UserItem) -> None:
    """Write new accounts and segments, and wake the accounts that sleep."""
    for segment in plan.segments:
        if segment.segment_id in plan.new_segments:
            write.save(segment)
    for used in plan.accounts:
        if used.is_new:
            write.save(used.row, condition=AccountItem.key.does_not_exist())
        elif used.is_woken:
            write.update(
                AccountItem(owner.user_id, used.row.key),
                actions=[AccountItem.is_awake.set(True)],
            )
    if any(used.is_new for used in plan.accounts):
        free_addresses.take(write, owner, plan.former_holder)
