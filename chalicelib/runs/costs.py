"""What a run takes from its account, and how its row begins: syncs and re-tests differ in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from pynamodb.expressions.update import Action

from chalicelib import clock
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import UserItem
from chalicelib.billing import budgets
from chalicelib.billing.budgets import Budget
from chalicelib.billing.plans import FREE, plan_of
from chalicelib.runs import rules
from chalicelib.runs.jobs import StartRun
from chalicelib.runs.table import RETEST, SYNC, entry


class Cost(Protocol):
    """What one trigger means for one account."""

    unit_per_pair: ClassVar[bool]
    """Whether each pair takes a unit; else one is for all pairs of the account."""

    def __init__(self, job: StartRun, user: UserItem, account: AccountItem) -> None: ...

    @property
    def is_included(self) -> bool:
        """Whether the user's plan has such runs at all."""

    @property
    def units_left(self) -> int:
        """Units that the trigger may use."""

    def taken(self, pairs: int, /) -> list[Action]:
        """The update that takes the units of so many pairs; the account's version fences it."""

    def beginning(self, last_batch: int, /) -> dict[str, Any]:
        """What the row of a run begins with; `last_batch` is the last that was read till now."""


@dataclass(frozen=True, slots=True)
class SlotOfDay:
    """A sync takes a daily slot: one for all pairs and streams that a trigger starts."""

    unit_per_pair: ClassVar[bool] = False

    job: StartRun
    user: UserItem
    account: AccountItem

    @property
    def is_included(self) -> bool:
        return True

    @property
    def units_left(self) -> int:
        taken = self.account.slot_triggers
        if self._trigger in taken:
            return 1
        cap = plan_of(self.user.status, self.account.tier).daily_syncs
        return budgets.daily_syncs(taken, cap, self.job.triggered_at).remaining

    def taken(self, _pairs: int, /) -> list[Action]:
        kept = budgets.still_counted(self.account.slot_triggers, clock.now())
        triggers = dict.fromkeys([*kept, self._trigger])
        return [AccountItem.slot_triggers.set(list(triggers))]

    def beginning(self, _last_batch: int, /) -> dict[str, Any]:
        waiting = f"waiting to read @{self.account.handle}"
        return {"trigger": self._trigger, "log": [entry("queued", waiting)]}

    @property
    def _trigger(self) -> str:
        return trigger_of(self.job)


@dataclass(frozen=True, slots=True)
class UnitOfPeriod:
    """A re-test takes a unit of the account's billing period for each pair."""

    unit_per_pair: ClassVar[bool] = True

    job: StartRun
    user: UserItem
    account: AccountItem

    @property
    def is_included(self) -> bool:
        return bool(self.user.status != FREE)

    @property
    def units_left(self) -> int:
        return self._budget.remaining

    def taken(self, pairs: int, /) -> list[Action]:
        return [
            AccountItem.retest_period.set(self._period),
            AccountItem.retests_used.set(self._budget.used + pairs),
        ]

    def beginning(self, last_batch: int, /) -> dict[str, Any]:
        waiting = f"waiting to judge the followers of @{self.account.handle} again"
        return {
            "trigger": self._period,
            "is_reading": False,
            "open": set(range(1, last_batch + 1)) or None,
            "log": [entry("queued", waiting)],
        }

    @property
    def _period(self) -> str:
        return clock.iso(budgets.period_start(self.user.period_start, self.job.triggered_at))

    @property
    def _budget(self) -> Budget:
        start = budgets.period_start(self.user.period_start, self.job.triggered_at)
        cap = plan_of(self.user.status, self.account.tier).retests
        return budgets.retests(self.account.retest_period, self.account.retests_used, cap, start)


COSTS: dict[str, type[Cost]] = {SYNC: SlotOfDay, RETEST: UnitOfPeriod}


def trigger_of(job: StartRun) -> str:
    """What takes the slots of a sync."""
    return rules.trigger_key(clock.iso(job.triggered_at), job.source, job.stream_id)
