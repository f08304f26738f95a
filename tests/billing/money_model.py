"""What a user should have and pay for, in the simplest terms: accounts, slots bought ahead."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

ORDER = ("starter", "growth", "pro")


@dataclass
class Tracked:
    """An account as the model sees it."""

    tier: str
    is_awake: bool = True
    pending: str | None = None
    pending_at: int = 0
    """When a pending downgrade takes effect, in seconds since 1970."""


@dataclass
class Model:
    """One user."""

    accounts: dict[int, Tracked] = field(default_factory=dict)
    spare: Counter[str] = field(default_factory=Counter)
    """Slots that are paid for and that no account takes."""
    spent: int = 0
    retests: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By account and billing period."""
    syncs: Counter[tuple[int, str]] = field(default_factory=Counter)
    """By account and UTC day."""

    def slots(self) -> dict[str, int]:
        """What a live subscription holds now."""
        found = +self.spare
        found.update(each.tier for each in self.accounts.values() if each.is_awake)
        return dict(found)

    def later(self) -> dict[str, int]:
        """What it holds after the period's end."""
        spare, found = Counter(self.spare), Counter[str]()
        moved = [each for each in self.accounts.values() if each.is_awake and each.pending]
        stay = [each for each in self.accounts.values() if each.is_awake and not each.pending]
        found.update(each.tier for each in stay)
        for each in moved:
            spare[str(each.pending)] -= spare[str(each.pending)] > 0
            found[str(each.pending)] += 1
        return dict(found + spare)

    def add(self, account_id: int, tier: str) -> None:
        self._take(tier)
        self.accounts[account_id] = Tracked(tier)

    def wake(self, account_id: int) -> None:
        account = self.accounts[account_id]
        if not account.is_awake:
            self._take(account.tier)
            account.is_awake = True

    def sleep(self, account_id: int) -> None:
        account = self.accounts[account_id]
        if account.is_awake:
            account.tier, account.pending = account.pending or account.tier, None
            account.is_awake = False

    def change(self, account_id: int, tier: str, period_end: int) -> None:
        account = self.accounts[account_id]
        if ORDER.index(tier) < ORDER.index(account.tier):
            if account.pending != tier:
                account.pending, account.pending_at = tier, period_end
            return
        account.pending = None
        if tier != account.tier:
            self._take(tier)
            account.tier = tier

    def pass_time(self, now: int) -> None:
        """Pending downgrades that are due take effect."""
        for _, account in sorted(self.accounts.items()):
            if account.is_awake and account.pending and account.pending_at <= now:
                self._take(account.pending)
                account.tier, account.pending = account.pending, None

    def buy(self, tier: str, quantity: int) -> None:
        """A new subscription seats those who were there longest; the others sleep."""
        self.spare = Counter({tier: quantity})
        for _, account in sorted(self.accounts.items()):
            if account.is_awake:
                account.pending = None
                account.is_awake = self.spare[tier] > 0
                if account.is_awake:
                    account.tier = tier
                    self.spare[tier] -= 1

    def _take(self, tier: str) -> None:
        if self.spare[tier] > 0:
            self.spare[tier] -= 1
