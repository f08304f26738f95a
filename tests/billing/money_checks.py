"""What must hold once everything healed: our tables, Stripe and the model say the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from chalicelib import clock
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import FREE_CREDITS, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.billing.plans import LIVE, PLANS, TIERS
from tests.billing.money_model import Model
from tests.billing.money_world import MoneyWorld


def check(world: MoneyWorld, model: Model) -> None:
    """Compare everything. Raises AssertionError."""
    user, accounts = world.user, world.accounts()
    assert user.untold == {}
    shown = {
        account_id: (row.tier, row.is_awake, row.pending_tier)
        for account_id, row in accounts.items()
    }
    expected = {
        account_id: (each.tier, each.is_awake, each.pending)
        for account_id, each in model.accounts.items()
    }
    assert shown == expected
    for stream in world.streams():
        for pair in stream.pairs:
            assert pair.tier == accounts[pair.account_id].tier
    _check_stripe(world, model, user)
    _check_credits(model, user, accounts)
    _check_budgets(model, accounts)


def state(world: MoneyWorld, model: Model) -> str:
    """Everything that is compared, for whoever reads a failure."""
    user = world.user
    rows = [
        (row.handle, row.tier, row.is_awake, row.pending_tier) for row in world.accounts().values()
    ]
    billed = [
        (each["id"], each["status"], world.stripe.holds(each["id"]))
        for each in world.stripe.books.all("subscription")
    ]
    ours = f"{user.subscription_id} {user.status}, slots {user.slots}, untold {user.untold}"
    return f"ours: {ours}\nour accounts: {rows}\nStripe: {billed}\n{model}"


def _check_stripe(world: MoneyWorld, model: Model, user: UserItem) -> None:
    live = world.live()
    assert len(live) <= 1, "billed twice"
    if not live:
        assert user.status not in LIVE
        return
    (known,) = live
    assert (user.subscription_id, user.status) == (known["id"], known["status"])
    held = {tier: number for tier, number in user.slots.items() if number}
    billed, due = world.stripe.holds(known["id"]), model.slots()
    assert billed == held == due, f"billed {billed}, held {held}, due {due}"
    if any(each.is_awake and each.pending for each in model.accounts.values()):
        planned = None if known["cancel_at_period_end"] else model.later()
        assert world.stripe.will_hold(known["id"]) == planned
    else:
        assert world.stripe.will_hold(known["id"]) in (None, model.slots())
    started = datetime.fromtimestamp(known["items"]["data"][0]["current_period_start"], UTC)
    assert user.period_start == started


def _check_credits(model: Model, user: UserItem, accounts: dict[int, AccountItem]) -> None:
    ledger = {row.entry: row.amount for row in LedgerItem.query(user.user_id, consistent_read=True)}
    aside = sum(hold["amount"] for hold in user.holds.as_dict().values())
    assert user.credits >= 0
    assert user.credits + aside == FREE_CREDITS + sum(ledger.values())
    grants = {entry: amount for entry, amount in ledger.items() if entry.startswith("grant#")}
    assert user.granted == sum(grants.values())
    assert -sum(amount for amount in ledger.values() if amount < 0) == model.spent
    for entry, amount in grants.items():
        _, account_id, _, step = entry.split("#")
        below = TIERS.index(step) - 1
        assert amount == PLANS[step].credits - (PLANS[TIERS[below]].credits if below >= 0 else 0)
        assert int(account_id) in model.accounts
    if user.status != "active":
        return
    start = clock.iso(user.period_start)
    for account_id, account in accounts.items():
        for step in TIERS[: TIERS.index(account.tier) + 1] if account.is_awake else ():
            assert f"grant#{account_id}#{start}#{step}" in grants


def _check_budgets(model: Model, accounts: dict[int, AccountItem]) -> None:
    for account_id, account in accounts.items():
        if account.retest_period:
            used = model.retests[account_id, account.retest_period]
            assert account.retests_used == used <= PLANS["pro"].retests
        for day, taken in Counter(each[:10] for each in account.slot_triggers).items():
            assert taken == model.syncs[account_id, day]
