"""Ending a run: whoever finds it read to the end, with nothing left to judge, closes it."""

from __future__ import annotations

from collections import Counter

from pynamodb.exceptions import UpdateError

from chalicelib import clock, db
from chalicelib.accounts.table import AccountItem
from chalicelib.runs.table import FAILED, SUCCEEDED, RunItem, entry, lock_key, logged
from chalicelib.streams.table import StatsItem


def close_if_done(stream_id: int, run_id: int) -> None:
    """Close the run unless it still reads or judges. May be called at any time, by anybody."""
    run = RunItem.find(stream_id, run_id)
    if run is None or run.is_over or run.is_reading or run.open:
        return
    status = FAILED if run.error else SUCCEEDED
    _show_in_stream(run, status)
    try:
        with db.transaction() as write:
            write.update(
                run,
                actions=[
                    RunItem.status.set(status),
                    RunItem.completed_at.set(clock.now()),
                    logged(*_summary(run, status)),
                ],
                condition=(RunItem.status == run.status)
                & (RunItem.is_reading == False)  # noqa: E712 - builds a DynamoDB expression
                & RunItem.open.does_not_exist(),
            )
            write.update(
                AccountItem(run.user_id, AccountItem.at(run.account_id)),
                actions=[
                    db.member(AccountItem.open_runs, lock_key(run.pair_id, run.mode)).remove()
                ],
            )
    except db.Conflict:
        return  # somebody else closed it, or handed it more to judge


def _show_in_stream(run: RunItem, status: str) -> None:
    try:
        StatsItem(run.user_id, StatsItem.at(run.stream_id)).update(
            actions=[
                StatsItem.last_run_status.set(status),
                StatsItem.last_run_at.set(clock.now()),
            ],
            condition=StatsItem.last_run_id == run.run_id,
        )
    except UpdateError as fault:
        if fault.cause_response_code != "ConditionalCheckFailedException":
            raise


def _summary(run: RunItem, status: str) -> list[dict[str, str]]:
    signals = Counter({name: int(number) for name, number in run.bot_signals.as_dict().items()})
    why = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in signals.most_common(5))
    high = run.passed - run.medium
    lines = [
        entry("filter_bots", f"{run.skipped_bots} bots dropped" + (f": {why}" if why else "")),
        entry("classify", f"{run.passed} matched: {high} high, {run.medium} medium"),
        entry("store", f"{run.passed} leads stored"),
    ]
    if status == FAILED:
        return [*lines, entry("failed", run.error)]
    return [*lines, entry("done", f"{run.new_followers} new followers, {run.passed} leads")]
