"""Webhooks of one run with 1,000 leads to 50 subscriptions, all well and one of them dead."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx

from bench.big_run import Taken
from localdev import environment, ports
from localdev.waiting import until

if TYPE_CHECKING:
    from chalicelib.delivery.edges import Edges
    from chalicelib.runs.jobs import Announce

LEADS, SUBSCRIPTIONS, MESSAGES_EACH = 1_000, 50, 10
WORKERS = 32
"""Functions that run at once, here as threads of one process."""
DEAD_LATER = "/hooks/49"
"""The receiver that answers in one half of the measurements and hangs in the other."""
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Result:
    """Of one announcement."""

    delivered: int
    seconds: float
    cpu_seconds: float
    """That the handlers took; polling is Lambda's work, AWS and the receivers are elsewhere."""
    calls: int
    delays: dict[str, list[float]]
    """Seconds from the announcement to the arrival, by receiver."""

    @property
    def median_delay(self) -> float:
        """Over the messages of all receivers but the one that may be dead."""
        return median(
            each for path, delays in self.delays.items() if path != DEAD_LATER for each in delays
        )

    @property
    def taken(self) -> Taken:
        """What the handlers took."""
        return Taken(self.delivered, self.cpu_seconds)


def measure(api: Any, aws_url: str) -> tuple[list[Result], list[Result]]:
    """Results with all receivers well, and with one dead.

    They take turns, and turns at coming first: the emulator slows down as its tables grow.
    """
    from bench.found import a_stream, found_by_a_run

    stream_id = a_stream(api.user_id)
    found: dict[str, list[Result]] = {"ok": [], "silent": []}
    with _desk(aws_url) as url:
        for number, mood in enumerate(("ok", "silent", "silent", "ok") * (ROUNDS // 2)):
            _receive_anew(api.user_id, url, mood)
            job = found_by_a_run(api.user_id, stream_id, LEADS, run_id=7_000 + number)
            found[mood].append(_one(job, url, aws_url))
    return found["ok"], found["silent"]


def ratio(well: list[Result], ill: list[Result]) -> float:
    """What one dead receiver does to the median delay of the others."""
    return median(b.median_delay / a.median_delay for a, b in zip(well, ill, strict=True))


@contextmanager
def _desk(aws_url: str) -> Iterator[str]:
    """Receivers in a process of their own, so that their work is not counted."""
    port = ports.free_port()
    command = [
        sys.executable,
        "-m",
        "localdev.desk",
        "--port",
        str(port),
        "--aws-url",
        aws_url,
        "--telegram-url",
        aws_url,
    ]
    with subprocess.Popen(command, env=environment.isolated(), stdout=subprocess.DEVNULL) as child:
        try:
            until(lambda: ports.is_open(port), seconds=20, what="the desk")
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()


def _arrived(url: str) -> int:
    """Messages at all receivers but the one that may be dead."""
    counts: dict[str, int] = httpx.get(f"{url}/_control/counts", timeout=60).json()
    return sum(number for path, number in counts.items() if path != DEAD_LATER)


def _one(job: Announce, url: str, aws_url: str) -> Result:
    wanted = (SUBSCRIPTIONS - 1) * MESSAGES_EACH
    from bench.trips import counted

    with counted() as calls, _workers(aws_url) as took:
        began = datetime.now().astimezone()
        announcing = _take(job.model_dump_json())
        until(lambda: _arrived(url) >= wanted, seconds=120, what="the deliveries")
        cpu, number, made = announcing + sum(took), len(took), len(calls)
    delays: dict[str, list[float]] = defaultdict(list)
    for got in httpx.get(f"{url}/_control/messages", timeout=60).json():
        at = datetime.fromisoformat(got["at"])
        delays[got["path"]].append((at - began).total_seconds())
    seconds = max(each for path, got in delays.items() if path != DEAD_LATER for each in got)
    return Result(number, seconds, cpu, made, dict(delays))


def _receive_anew(user_id: int, url: str, mood: str) -> None:
    """Fifty receivers of whom nothing is known, the last one in this mood."""
    from chalicelib.webhooks import service
    from chalicelib.webhooks.schemas import Subscribe

    httpx.post(f"{url}/_control/reset").raise_for_status()
    behaves = {"path": DEAD_LATER, "mood": mood}
    httpx.post(f"{url}/_control/behave", json=behaves).raise_for_status()
    for known in service.of_user(user_id):
        known.delete()
    for number in range(SUBSCRIPTIONS):
        body = Subscribe.model_validate({"targetUrl": f"{url}/hooks/{number}"})
        service.subscribe(user_id, body, owned={}, is_safe=lambda _url: True)


@cache
def _edges() -> Edges:
    from chalicelib import wiring
    from chalicelib.delivery.edges import Edges
    from chalicelib.open_web.client import Client

    return Edges(Client(allow_loopback_http=True), wiring.delivery().channels)


def _take(body: str) -> float:
    """Handle a message of the deliver queue; returns the CPU seconds that it took."""
    from chalicelib.delivery import dispatch
    from chalicelib.queues import Message

    began = time.thread_time()
    dispatch.take(Message(body, is_repeat=False, is_last=False, until=float("inf")), _edges())
    return time.thread_time() - began


@contextmanager
def _workers(aws_url: str) -> Iterator[list[float]]:
    """Threads that take messages off the deliver queue; fills a list with what each took."""
    from chalicelib.settings import settings

    sqs = environment.client("sqs", aws_url)  # not the app's: Lambda polls, and is not counted
    queue = sqs.get_queue_url(QueueName=settings().resource("deliver"))["QueueUrl"]
    sqs.purge_queue(QueueUrl=queue)
    ending = threading.Event()
    took: list[float] = []

    def work() -> None:
        while not ending.is_set():
            answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                took.append(_take(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    with ThreadPoolExecutor(WORKERS) as pool:
        running = [pool.submit(work) for _ in range(WORKERS)]
        try:
            yield took
        finally:
            ending.set()
    for each in running:
        each.result()


def typical(results: list[Result]) -> Result:
    """The one with the median of CPU."""
    return sorted(results, key=lambda each: each.cpu_seconds)[len(results) // 2]


def section(well: list[Result], ill: list[Result]) -> str:
    """What docs/performance.md says of it."""
    shown = typical(well)
    number = SUBSCRIPTIONS * MESSAGES_EACH
    rows = [
        ("messages delivered", f"{number}"),
        ("deliveries a second and core", f"{shown.delivered / shown.cpu_seconds:,.0f}"),
        ("AWS calls per delivery", f"{shown.calls / shown.delivered:.2f}"),
        ("median delay, all well", f"{median(r.median_delay for r in well):.2f} s"),
        ("median delay of the others, one dead", f"{median(r.median_delay for r in ill):.2f} s"),
        ("ratio of the two, at most 1.1", f"{ratio(well, ill):.2f}"),
    ]
    return "\n".join(
        [
            "## Webhooks\n",
            f"One run with {LEADS:,} leads to {SUBSCRIPTIONS} subscriptions, {WORKERS} workers; "
            "the dead receiver takes every request and never answers.\n",
            "| | |\n|---|---:|",
            *(f"| {name} | {value} |" for name, value in rows),
        ]
    )


def main() -> None:
    """Measure this alone: `python -m bench.delivery`."""
    from bench.world import emulated_aws, without_metrics

    with emulated_aws() as aws_url, without_metrics():
        from tests.api_client import Api

        with Api.for_new_user("bench@ctgo.example", subscribed=True) as api:
            results = measure(api, aws_url)
    print(section(*results))


if __name__ == "__main__":
    main()
