"""Users: the `self` row of a workspace, and the address by which a user is found."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    MapAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)

from chalicelib import clock, db, ids
from chalicelib.auth import keys
from chalicelib.auth.table import ApiKeyItem
from chalicelib.settings import settings
from chalicelib.workspace import WorkspaceItem

SELF = "self"
FREE_CREDITS = 10
"""Credits of the free plan, granted once per user."""


class UserItem(WorkspaceItem, discriminator="self"):
    """A user with the personal team: subscription, credits, counts."""

    email = UnicodeAttribute()
    name = UnicodeAttribute()
    status = UnicodeAttribute(default="free_user")
    """Stripe's subscription status, or `free_user`."""
    slots = JSONAttribute(default=dict)
    """Account slots that the subscription pays for, by tier."""
    untold = JSONAttribute(default=dict)
    """Business actions of which Stripe may or may not have heard, and since when: `{id: seconds}`.
    While there is one, `slots` are ours to tell, not Stripe's to say."""
    has_team = BooleanAttribute(default=True)
    credits = db.IntegerAttribute(default=FREE_CREDITS)
    opening = db.IntegerAttribute(default=FREE_CREDITS)
    """Credits that the user began with; the ledger has every other movement."""
    granted = db.IntegerAttribute(default=0)
    """Credits that were ever granted beside the free ones."""
    low_told = db.IntegerAttribute(default=0)
    """What `opening` and `granted` made together when the user was last told of low credits."""
    holds: MapAttribute[str, Any] = MapAttribute(default=dict)
    """Credits set aside for look-ups under way: `{id: {"amount": 2, "until": 1783245600}}`."""
    signup_ip = UnicodeAttribute(null=True)
    timezone = UnicodeAttribute(default="UTC")
    email_digest = UnicodeAttribute(default="daily")
    telegram_enabled = BooleanAttribute(default=False)
    telegram_chat_id = UnicodeAttribute(null=True)
    low_credit_alerts = BooleanAttribute(default=True)
    run_failure_alerts = BooleanAttribute(default=True)
    period_start = UTCDateTimeAttribute(null=True)
    """Start of the subscription's current period; None for free users."""
    customer_id = UnicodeAttribute(null=True)
    subscription_id = UnicodeAttribute(null=True)
    """Stripe's ids of the user and of the subscription that `status` speaks of."""
    checkouts = UnicodeSetAttribute(null=True)
    """Checkout pages at Stripe that were opened and whose end is not known yet."""
    version = db.IntegerAttribute(default=0)
    """Rises with every structural change of the workspace."""
    counted = db.IntegerAttribute(default=0)
    """Leads and pairs that were ever numbered for this user."""
    created_at = UTCDateTimeAttribute()


class IdentityItem(db.Table):
    """Which user an e-mail address belongs to."""

    class Meta(db.Meta):
        name = "identities"

    identity = UnicodeAttribute(hash_key=True)
    user_id = db.IntegerAttribute()


def numbers(user_id: int, count: int) -> list[int]:
    """The next `count` ids for leads or pairs of this user, in order. One round trip."""
    if not count:
        return []
    row = UserItem(user_id, SELF)
    row.update(actions=[UserItem.counted.add(count)])
    last = row.counted
    return [ids.numbered(user_id, number) for number in range(last - count + 1, last + 1)]


def by_email(email: str) -> UserItem | None:
    """The user with this address."""
    identity = IdentityItem.find(f"email:{email.lower()}")
    return UserItem.find(identity.user_id, SELF) if identity else None


@db.retried_on_conflict
def create(email: str, name: str, *, signup_ip: str | None = None) -> UserItem:
    """Make a user with the personal team and the free credits, or return who has the address."""
    known = by_email(email)
    if known:
        return known
    user = UserItem(
        ids.new_user_id(), SELF, email=email, name=name, signup_ip=signup_ip, created_at=clock.now()
    )
    with db.transaction() as write:
        write.save(user, condition=UserItem.key.does_not_exist())
        write.save(
            IdentityItem(f"email:{email.lower()}", user_id=user.user_id),
            condition=IdentityItem.identity.does_not_exist(),
        )
    return user


def create_key(user_id: int, name: str) -> tuple[int, str]:
    """Make an API key for the user. Returns its id and the key, which is never seen again."""
    key = keys.make()
    item = ApiKeyItem(
        keys.digest(key, settings().key_pepper),
        user_id=user_id,
        key_id=ids.new_id(),
        name=name,
        prefix=key[:9],
        last4=key[-4:],
        created_at=clock.now(),
    )
    item.save(condition=ApiKeyItem.digest.does_not_exist())
    return item.key_id, key
