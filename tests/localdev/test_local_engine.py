"""The scheduler over restarts and with another clock, without a socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localdev.scheduler.book import Book
from localdev.scheduler.clock import Clock
from localdev.scheduler.delivery import Delivery
from localdev.scheduler.engine import Engine
from tests.localdev.test_local_scheduler import JOBS, ROLE, wanted


class Outbox:
    """SQS reduced to what Delivery calls."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def get_queue_url(self, QueueName: str) -> dict[str, str]:
        return {"QueueUrl": QueueName}

    def send_message(self, **message: Any) -> None:
        self.sent.append(message["MessageBody"])


class Hands:
    """A real clock whose hands the test moves."""

    def __init__(self) -> None:
        self.seconds = datetime(2026, 5, 1, 8, 59, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("hours_down", "fired"),
    [(0.5, ["2026-05-01T09:00:00Z"]), (5, []), (24.5, ["2026-05-02T09:00:00Z"])],
)
def test_a_restart_catches_up_on_an_hour_at_most(
    tmp_path: Path, hours_down: float, fired: list[str]
) -> None:
    hands, file = Hands(), tmp_path / "scheduler.json"
    before = Clock(real=hands)
    target = {"Arn": JOBS, "RoleArn": ROLE, "Input": "<aws.scheduler.scheduled-time>"}
    body = wanted("one", Target=target)
    Book(file, before.now()).create("default", "one", body, token=None, now=before.now())

    hands.seconds += hours_down * 3600
    clock, outbox = Clock(real=hands), Outbox()
    engine = Engine(Book(file, clock.now()), clock, Delivery(outbox))
    engine.step()
    engine.step()

    assert outbox.sent == fired


def test_nothing_fires_again_after_a_restart(tmp_path: Path) -> None:
    hands, file, outbox = Hands(), tmp_path / "scheduler.json", Outbox()
    clock = Clock(real=hands)
    book = Book(file, clock.now())
    book.create("default", "one", wanted("one"), token=None, now=clock.now())
    hands.seconds += 120
    Engine(book, clock, Delivery(outbox)).step()
    assert len(outbox.sent) == 1

    Engine(Book(file, clock.now()), clock, Delivery(outbox)).step()

    assert len(outbox.sent) == 1


def test_speed_makes_days_short() -> None:
    hands = Hands()
    clock = Clock(speed=3600, real=hands)
    before = clock.now()
    hands.seconds += 24
    assert clock.now() - before == timedelta(days=1)
    assert clock.seconds_until(clock.now() + timedelta(hours=2)) == 2
