"""Asking X how a tracked account is, before its followers are read."""

from __future__ import annotations

from chalicelib import db
from chalicelib.accounts.table import AccountItem
from chalicelib.profile import Profile
from chalicelib.runs.steps.renaming import rename
from chalicelib.upstreams import AccountRef, Usage
from chalicelib.upstreams.errors import Crowded, Missing, Protected, UpstreamFault
from chalicelib.upstreams.profiles import Profiles


def ask(
    account: AccountItem, profiles: Profiles, usage: Usage
) -> tuple[Profile | None, str | None]:
    """The account's profile, and why its followers cannot be read, if they cannot.

    A new handle and the counts are kept. Raises Crowded.
    """
    try:
        ref = AccountRef(account.x_user_id, account.handle)
        profile = profiles.refresh(ref, in_turn=True, usage=usage)
    except Crowded:
        raise
    except UpstreamFault as fault:
        return None, reason(fault, account.handle)
    if profile.protected:
        return profile, f"@{profile.handle} is private now; its followers cannot be read"
    if profile.handle != account.handle:
        rename(account.user_id, account.account_id, profile.handle)
    AccountItem(account.user_id, account.key).update(
        actions=[
            db.put(AccountItem.image_url, profile.image_url),
            db.put(AccountItem.follower_count, profile.followers),
            db.put(AccountItem.post_count, profile.posts),
        ]
    )
    account.post_count = profile.posts
    return profile, None


def reason(fault: UpstreamFault, handle: str) -> str:
    """What a run says about why it failed, in words for its owner."""
    match fault:
        case Missing():
            return f"@{handle} is suspended or gone from X"
        case Protected():
            return f"@{handle} is private now; its followers cannot be read"
        case _:
            return "No X data provider answered"
