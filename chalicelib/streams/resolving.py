"""Finding the new accounts of a plan on X."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chalicelib import clock, ids
from chalicelib.accounts.table import AccountItem
from chalicelib.errors import HandleLookupFailed, HandleNotFound, HandleProtected
from chalicelib.profile import Profile
from chalicelib.streams.pairing import Plan, PlannedPair, Used, refuse_doubles
from chalicelib.streams.workspace import Workspace
from chalicelib.upstreams.errors import Unavailable
from chalicelib.upstreams.profiles import NEXT_TRY_SECONDS, Profiles


def look_up(
    plan: Plan,
    workspace: Workspace,
    present: Collection[int],
    known: dict[str, Profile],
    profiles: Profiles,
) -> Plan:
    """The plan with an unsaved row for every new account, all found on X in one batch.

    `known` remembers what was found over retries. A handle that turns out to be a tracked account
    under a former name becomes that account. Raises HandleNotFound, HandleProtected,
    HandleLookupFailed, each for the first handle in order; InvalidRequest for doubles.
    """
    new = [used.handle for used in plan.accounts if used.is_new]
    _ask([handle for handle in new if handle not in known], known, profiles)
    tracked = {item.x_user_id: item for item in workspace.accounts.values()}
    found: dict[str, Used] = {}
    pairs = []
    for pair in plan.pairs:
        used = pair.used
        if used.is_new:
            profile = _profile(used.handle, known)
            known_account = tracked.get(profile.id)
            used = (
                _opened(used.tier, workspace.owner.user_id, profile)
                if known_account is None
                else Used.known(known_account, present)
            )
        pairs.append(PlannedPair(found.setdefault(used.row.x_user_id, used), pair.segment))
    refuse_doubles(pairs)
    return Plan(pairs, plan.new_segments)


def _ask(handles: Sequence[str], known: dict[str, Profile], profiles: Profiles) -> None:
    if not handles:
        return
    try:
        known.update(profiles.resolve(handles))
    except Unavailable as fault:
        seconds = str(round(fault.retry_after or NEXT_TRY_SECONDS))
        raise HandleLookupFailed(headers={"Retry-After": seconds}) from fault


def _profile(handle: str, known: Mapping[str, Profile]) -> Profile:
    profile = known.get(handle)
    if profile is None:
        raise HandleNotFound(f"There is no X account @{handle}.", handle=handle)
    if profile.protected:
        raise HandleProtected(f"@{profile.handle} is private.", handle=handle)
    return profile


def _opened(tier: str, user_id: int, profile: Profile) -> Used:
    account_id = ids.new_id()
    account = AccountItem(
        user_id,
        AccountItem.at(account_id),
        account_id=account_id,
        x_user_id=profile.id,
        handle=profile.handle,
        tier=tier,
        added_at=clock.now().replace(microsecond=0),
        image_url=profile.image_url,
        follower_count=profile.followers,
        post_count=profile.posts,
    )
    return Used(profile.handle, tier, account, is_new=True)
