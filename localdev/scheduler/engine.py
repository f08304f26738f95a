"""Fires schedules when the clock reaches their instants."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from localdev.scheduler.book import Book
from localdev.scheduler.clock import Clock
from localdev.scheduler.delivery import Delivery, Firing, Undeliverable
from localdev.scheduler.schedules import LATEST, Schedule

LONGEST_WAIT = 30.0
"""Seconds; the real clock may be set while nobody notices."""
FIRST_RETRY, LONGEST_RETRY = 0.5, 60.0
DEFAULT_RETRIES = 185

log = logging.getLogger("localdev.scheduler")


class Engine:
    """A thread that sleeps until the next instant, or until the book changes."""

    def __init__(
        self,
        book: Book,
        clock: Clock,
        delivery: Delivery,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = book
        self._clock = clock
        self._delivery = delivery
        self._monotonic = monotonic
        self._failed: dict[tuple[str, datetime], tuple[int, float]] = {}
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Fire from now on, until this process ends."""
        self._thread.start()

    def step(self) -> float:
        """Deal with everything that is due. Returns the real seconds until there may be more."""
        now = self._clock.now()
        wait = LONGEST_WAIT
        for instant, schedule in self._book.upcoming():
            if instant > now:
                return min(wait, self._clock.seconds_until(instant))
            wait = min(wait, self._deal_with(schedule, instant, now))
        return wait

    def _run(self) -> None:
        while True:
            version = self._book.version
            try:
                wait = self.step()
            except Exception:
                log.exception("schedules")
                wait = FIRST_RETRY
            self._book.wait_for_change(version, wait)

    def _deal_with(self, schedule: Schedule, instant: datetime, now: datetime) -> float:
        """Fire, put off or let go one instant; returns the seconds to wait before the next look."""
        key = (schedule.arn, instant)
        failures, retry_at = self._failed.get(key, (0, 0.0))
        if failures and self._monotonic() < retry_at:
            return retry_at - self._monotonic()
        firing = Firing(schedule.arn, schedule.wanted["Target"], instant, failures + 1)
        try:
            self._deliver(firing, now)
        except (BotoCoreError, ClientError, Undeliverable) as error:
            log.warning("%s at %s: %s", schedule.arn, instant, error)
            pause: float = min(LONGEST_RETRY, FIRST_RETRY * 2**failures)
            self._failed[key] = (failures + 1, self._monotonic() + pause)
            return pause
        self._failed.pop(key, None)
        self._book.settle(schedule, instant)
        return 0.0

    def _deliver(self, firing: Firing, now: datetime) -> None:
        policy = firing.target.get("RetryPolicy", {})
        oldest = min(LATEST, timedelta(seconds=policy.get("MaximumEventAgeInSeconds", 86_400)))
        retries = policy.get("MaximumRetryAttempts", DEFAULT_RETRIES)
        if now - firing.instant <= oldest and firing.attempt <= retries + 1:
            self._delivery.send(firing)
            log.info("%s fired for %s", firing.schedule_arn, firing.instant)
        else:
            self._let_go(firing)

    def _let_go(self, firing: Firing) -> None:
        log.warning("%s at %s is let go", firing.schedule_arn, firing.instant)
        if firing.attempt == 1:
            return
        try:
            self._delivery.give_up(firing, f"not delivered in {firing.attempt - 1} attempts")
        except (BotoCoreError, ClientError) as error:
            log.warning("dead-letter queue of %s: %s", firing.schedule_arn, error)
