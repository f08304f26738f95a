"""Of the free users who signed up from one address, one tracks an account."""

from __future__ import annotations

from chalicelib import db
from chalicelib.auth.users import SELF, IdentityItem, UserItem
from chalicelib.billing.plans import FREE
from chalicelib.errors import FreeAccountIpDuplicate


def refuse_shared(user: UserItem) -> int | None:
    """Refuse a free user whose address another free user took. Raises FreeAccountIpDuplicate.

    Returns who took it and is a free user no more: `take` replaces nobody else.
    """
    if user.status != FREE or not user.signup_ip:
        return None
    holder = IdentityItem.find(_identity(user))
    if holder is None or holder.user_id == user.user_id:
        return None
    other = UserItem.find(holder.user_id, SELF)
    if other is not None and other.status == FREE:
        raise FreeAccountIpDuplicate
    return int(holder.user_id)


def take(write: db.Write, user: UserItem, former_holder: int | None) -> None:
    """Take a free user's address, within the transaction that adds the account."""
    if user.status == FREE and user.signup_ip:
        write.save(
            IdentityItem(_identity(user), user_id=user.user_id),
            condition=IdentityItem.identity.does_not_exist()
            | IdentityItem.user_id.is_in(user.user_id, former_holder or user.user_id),
        )


def _identity(user: UserItem) -> str:
    return f"ip:{user.signup_ip}"
