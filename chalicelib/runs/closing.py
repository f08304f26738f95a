"""Ending a run: whoever finds it read to the end, with nothing left to judge, closes it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chalicelib import clock, db, queues, telemetry
from chalicelib.accounts.table import AccountItem
from chalicelib.runs import newest
from chalicelib.runs.jobs import Announce
from chalicelib.runs.table import FAILED, RETEST, SUCCEEDED, RunItem, entry, lock_key, logged


@db.retried_on_conflict
def close_if_done(stream_id: int, run_id: int) -> None:
    """Close the run unless it still has work to do. May be called at any time, by anybody.

    Whoever finds it closed announces it again: who closed it may have died before saying so.
    """
    run = RunItem.find(stream_id, run_id)
    if run is None or not run.is_done:
        return
    if run.is_over:
        _announce(run, run.status)
        return
    status = FAILED if run.error else SUCCEEDED
    # Its trigger may lie ahead, and nothing is over before it was triggered.
    ended = max(clock.now(), run.triggered_at)
    newest.over(run, status, ended)
    with db.transaction() as write:
        write.update(
            run,
            actions=[
                RunItem.status.set(status),
                RunItem.completed_at.set(ended),
                logged(*_summary(run, status)),
            ],
            condition=(RunItem.status == run.status)
            & (RunItem.is_reading == False)  # noqa: E712 - builds a DynamoDB expression
            & RunItem.open.does_not_exist()
            & RunItem.enriching.does_not_exist(),
        )
        _let_go(write, run, status)
    telemetry.count(f"Runs{status.capitalize()}", 1)
    _announce(run, status)


def _announce(run: RunItem, status: str) -> None:
    """Have it told to whoever wants to know, unless there is nothing to tell."""
    if run.entered or status == FAILED:
        job = Announce(user_id=run.user_id, stream_id=run.stream_id, run_id=run.run_id)
        queues.send([job])


def _let_go(write: db.Write, run: RunItem, status: str) -> None:
    """Unlock the pair; a re-test that failed before it judged anybody gives its unit back."""
    account = AccountItem(run.user_id, AccountItem.at(run.account_id))
    unlocked = db.member(AccountItem.open_runs, lock_key(run.pair_id, run.mode)).remove()
    actions: list[Any] = [unlocked]
    condition = None
    if run.mode == RETEST and status == FAILED and not run.seen:
        account.refresh(consistent_read=True)
        if account.retest_period == run.trigger and account.retests_used:
            actions += [
                AccountItem.version.set(account.version + 1),
                AccountItem.retests_used.set(account.retests_used - 1),
            ]
            condition = AccountItem.version == account.version
    write.update(account, actions=actions, condition=condition)


def _summary(run: RunItem, status: str) -> list[dict[str, str]]:
    signals = Counter({name: int(number) for name, number in run.bot_signals.as_dict().items()})
    why = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in signals.most_common(5))
    high = run.passed - run.medium
    lines = [
        entry("filter_bots", f"{run.skipped_bots} bots dropped" + (f": {why}" if why else "")),
        entry(
            "classify", f"{run.passed} matched: {high} high, {run.medium} medium{_by_model(run)}"
        ),
        *_enriched(run),
        entry("store", _stored(run)),
        *_handed_on(run),
    ]
    if status == FAILED:
        return [*lines, entry("failed", run.error)]
    return [*lines, entry("done", _done(run))]


def _by_model(run: RunItem) -> str:
    if not run.model_read and not run.model_left:
        return ""
    return f"; a language model read {run.model_read} open ones, {run.model_left} left to rules"


def _enriched(run: RunItem) -> list[dict[str, str]]:
    """What became of looking up contacts, where anybody asked for it."""
    notes = []
    if run.enrich_tried:
        notes.append(f"contacts found of {run.enriched} of {run.enrich_tried} leads")
    if run.enrich_missed:
        notes.append(f"{run.enrich_missed} leads could not be looked up")
    if run.is_out_of_credits:
        notes.append("stopped: no credits left")
    return [entry("enrich", "; ".join(notes))] if notes else []


def _stored(run: RunItem) -> str:
    if run.mode == RETEST:
        reasons = Counter({why: int(number) for why, number in run.left_why.as_dict().items()})
        why = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
        return f"{run.entered} leads entered, {run.left} left" + (f": {why}" if why else "")
    return f"{run.entered} leads stored"


def _handed_on(run: RunItem) -> list[dict[str, str]]:
    """Delivery is a queue of its own, and may take days; the run ends when it has the leads."""
    return [entry("deliver", f"{run.entered} leads handed on for delivery")] if run.entered else []


def _done(run: RunItem) -> str:
    if run.mode == RETEST:
        return f"{run.seen} followers judged again, {run.passed} match"
    return f"{run.new_followers} new followers, {run.entered} leads"
