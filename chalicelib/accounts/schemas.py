"""Tracked accounts on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from chalicelib.accounts.table import AccountItem
from chalicelib.billing.plans import Tier
from chalicelib.http.schema import Id, Input, Output, Time, named

TierAction = Literal["upgraded", "downgrade_scheduled", "pending_cancelled", "unchanged"]


class Account(Output):
    """An X account that the user tracks."""

    id: Id
    x_handle: str
    tier: Annotated[str, named(Tier)]
    is_active: bool
    profile_image_url: str | None
    last_known_follower_count: int | None
    last_known_tweet_count: int | None
    tags: list[str]
    added_at: Time
    assigned_segment_ids: list[int]
    pending_tier: Annotated[str, named(Tier)] | None
    pending_tier_effective_at: Time | None


class AccountList(Output):
    """Synced and billed accounts, and those that are neither; newest first."""

    active: list[Account]
    sleeping: list[Account]


class AccountAsleep(Output):
    """An account that is neither synced nor billed any more."""

    success: Literal[True]
    account_id: Id
    asleep: Literal[True]


class AccountAwake(Output):
    """An account that is synced from its next sync time on, and billed."""

    success: Literal[True]
    account_id: Id
    awake: Literal[True]


class TierChange(Input):
    """The tier that an account should have."""

    new_tier: Tier


class TierChanged(Output):
    """What became of a change of tier. `effectiveAt` is there only for a downgrade."""

    account: Account
    action: TierAction
    effective_at: Time | None = None


def shown(item: AccountItem, segment_ids: Iterable[int]) -> Account:
    """A stored account as the wire shows it, with the segments that active streams give it."""
    return Account(
        id=item.account_id,
        x_handle=item.handle,
        tier=item.tier,
        is_active=item.is_awake,
        profile_image_url=item.image_url,
        last_known_follower_count=item.follower_count,
        last_known_tweet_count=item.post_count,
        tags=item.tags,
        added_at=item.added_at,
        assigned_segment_ids=sorted(segment_ids),
        pending_tier=item.pending_tier,
        pending_tier_effective_at=item.pending_tier_at,
    )
