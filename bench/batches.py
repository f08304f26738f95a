"""What batches of messages would save: what a message takes, beside an invocation by itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median

from bench.big_run import Result, Taken, facts
from tools.scaling import costs

ROUNDS, CALLS = 9, 300
MOST = 10
"""What Lambda takes off a queue at once where it is not told to wait for more."""
SAVED = 1 - 1 / MOST
"""The share of invocations that such batches would spare."""
_NOBODY = {"Records": []}


def by_itself() -> float:
    """Seconds of CPU of an invocation that brings no message: event, middleware, the log's keys."""
    from app import start_run

    rounds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(CALLS):
            start_run(_NOBODY, None)
        rounds.append((time.thread_time() - began) / CALLS)
    return median(rounds)


def dollars_a_million() -> float:
    """What batches would spare in a million messages: requests of Lambda, receives and deletes."""
    return SAVED * (costs.INVOCATION + 2 * costs.SQS_CALL) * 1e6


def section(run: Result, deliveries: Taken) -> str:
    """The part of docs/performance.md that says so; `deliveries` are those of the deliver queue."""
    alone = by_itself()
    a_message = costs.of_run(facts(run)).aws / run.invocations
    taken: Mapping[str, Taken] = {**run.by_function, "deliver": deliveries}
    rows = [
        f"| {name} | {each.messages:,} | {each.seconds / each.messages * 1e3:,.2f} "
        f"| {SAVED * alone / (each.seconds / each.messages):.1%} |"
        for name, each in taken.items()
    ]
    return "\n".join(
        [
            "## What batches of messages would save\n",
            f"An invocation takes {alone * 1e6:,.0f} µs of CPU by itself, before its message. "
            f"Batches of {MOST} would spare nine of ten: that share of the CPU, and "
            f"${dollars_a_million():.2f} for a million messages in requests, receives and deletes. "
            f"A million messages of the first run above cost ${a_message * 1e6:,.0f} of AWS.\n",
            "| function | messages | CPU ms a message | of it spared by batches |",
            "|---|---:|---:|---:|",
            *rows,
        ]
    )
