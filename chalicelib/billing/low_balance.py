"""Low credits: the user hears of it once each time the balance falls to the threshold.

Credits come by grants only, and each grant lifts the balance above the threshold. So between two
grants it is crossed once at most, and the sum granted so far names the crossing. Who began with
more than the threshold, as users who came from v1 may, crosses it before any grant too.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from chalicelib import queues
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.plans import LOW_BALANCE


class LowCredits(queues.Job):
    """Tell a user that credits are low. The same `granted` means the same occasion."""

    queue: ClassVar[str] = "deliver"
    kind: Literal["low_credits"] = "low_credits"
    user_id: int
    granted: int
    """Credits that the user was ever granted, when the balance fell."""


def look(user_id: int) -> None:
    """Send the message if it is due. May be repeated; one read where nothing is due."""
    user = UserItem.find(user_id, SELF)
    if user is None or not is_due(user):
        return
    queues.send([LowCredits(user_id=user_id, granted=user.granted)])
    user.update(actions=[UserItem.low_told.set(_ever_had(user))])


def is_due(user: UserItem) -> bool:
    """Whether the balance fell to the threshold since it last rose, and nobody said so yet.

    Credits that are set aside still count: a look-up that finds nothing gives them back.
    """
    aside = sum(int(hold["amount"]) for hold in user.holds.as_dict().values())
    ever_had = _ever_had(user)
    fell = user.credits + aside <= LOW_BALANCE < ever_had
    return fell and user.low_told != ever_had


def _ever_had(user: UserItem) -> int:
    return int(user.opening + user.granted)


def look_after(team: UserItem, spent: int) -> None:
    """Look when a spending may have made credits low; `team` is the row as it was before.

    Costs nothing while the balance is far from the threshold.
    """
    if spent and team.credits <= LOW_BALANCE + _NEAR:
        look(team.user_id)


_NEAR = 100
"""More credits than requests of a team that run at the same time could spend."""
