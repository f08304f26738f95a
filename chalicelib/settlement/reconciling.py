"""A user's night with Stripe: what drifted apart is counted, told to operators, and put right."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from chalicelib import clock, telemetry
from chalicelib.accounts.granting import grant_due
from chalicelib.accounts.paying import follow_slots
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing import low_balance
from chalicelib.billing.subscriptions import Subscriptions
from chalicelib.settlement.agreeing import Agreed
from chalicelib.settlement.settling import settle_subscription
from chalicelib.telemetry import logger

STALE = timedelta(minutes=16)
"""After which an action of which Stripe may not have heard is nobody's any more (Lambda: 15)."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What was not as it should have been. All zero means that nothing was."""

    untold: int = 0
    """Business actions of which Stripe may not have heard."""
    corrected: int = 0
    """Facts in our tables that were not as Stripe has them."""
    strayed: int = 0
    """Slots that Stripe held otherwise than the awake accounts need it."""
    seconds: int = 0
    """Live subscriptions beside the one that counts; they are cancelled."""

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


def reconcile(user_id: int, subscriptions: Subscriptions) -> Drift:
    """Compare a user with Stripe and put right what differs. May be repeated.

    Raises StripeFailed; then another attempt or the next night goes on.
    """
    user = UserItem.find(user_id, SELF)
    if user is None:
        return Drift()
    low_balance.look(user_id)
    missed = _end_checkouts(user, subscriptions)
    user = UserItem.get(user_id, SELF, consistent_read=True)
    if user.subscription_id is None:
        return Drift()
    drift = _mend(user, subscriptions, missed)
    grant_due(user_id)
    if drift.total:
        telemetry.count("StripeDrifted", drift.total)
        logger.warning("stripe had drifted", extra={"user_id": user_id, **asdict(drift)})
    return drift


def _end_checkouts(user: UserItem, subscriptions: Subscriptions) -> list[Agreed]:
    """Look how checkout pages ended; what was bought there counts, heard of or not."""
    found = []
    for checkout_id in sorted(user.checkouts or ()):
        is_open, subscription_id = subscriptions.bought(checkout_id)
        if subscription_id is not None:
            agreed = settle_subscription(user.user_id, subscription_id, subscriptions)
            found += [agreed] if agreed else []
        if not is_open:
            user.update(actions=[UserItem.checkouts.delete({checkout_id})])
    return found


def _mend(user: UserItem, subscriptions: Subscriptions, missed: list[Agreed]) -> Drift:
    user_id, known = int(user.user_id), str(user.subscription_id)
    oldest = (clock.now() - STALE).timestamp()
    stale = [telling for telling, since in user.untold.items() if since <= oldest]
    agreed = settle_subscription(user_id, known, subscriptions)
    for telling in stale:  # now that an end of the subscription is known: it takes no more changes
        follow_slots(user_id, telling, subscriptions)
    others = subscriptions.live_ones(user_id, str(user.customer_id))
    met = [settle_subscription(user_id, other, subscriptions) for other in others if other != known]
    seen = [each for each in (*missed, agreed, *met) if each]
    return Drift(
        untold=len(stale),
        corrected=sum(each.corrected for each in seen),
        strayed=sum(each.strayed for each in seen),
        seconds=sum(each.is_second for each in seen),
    )
