"""One user between our tables and Stripe: acts over HTTP, dies, hears events late, heals."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from chalice.test import HTTPResponse

from app import app
from chalicelib import clock, wiring
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.settlement import reconciling
from chalicelib.streams.table import StreamItem
from chalicelib.workspace import rows
from localdev.pump import sources
from localdev.stripe import clockwork
from tests.api_client import Api
from tests.billing.dying import Death, Died, no_delays, watching
from tests.processes import start_anew
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, post_event

TRIES = 4
"""Deliveries of a message before it counts as dead."""
PATIENCE = 40
"""Rounds over the queues before they must be empty."""
QUEUES = ("start_run", "scrape", "enrich", "settle_billing", "keep_up")


@dataclass
class Figures:
    """What a soak did."""

    steps: int = 0
    deaths: int = 0
    faults: int = 0
    events: int = 0
    lost: int = 0
    heals: int = 0
    mended: int = 0
    actions: Counter[str] = field(default_factory=Counter)


FIGURES = Figures()


class MoneyWorld:
    """A free user at the start; everything in this process but the emulated AWS, which is empty.

    Time stands still but where it is let pass, and nothing is remembered from before. So the same
    story ends the same way.
    """

    def __init__(self, start: datetime) -> None:
        self._stack = ExitStack()
        self._patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        self._patch.setenv("REQUESTS_PER_MINUTE", "1000000")
        self._clock = self._stack.enter_context(time_machine.travel(start, tick=False))
        self.stripe: StripeWorld = self._stack.enter_context(configured(self._patch))
        self._stack.enter_context(no_delays())
        self._stack.callback(random.setstate, random.getstate())
        random.seed(0)
        start_anew()
        self._stack.callback(start_anew)
        made = Api.for_new_user("soak@example.org", subscribed=False)
        self.api = self._stack.enter_context(made)
        self.queues = QueueHand()
        self._sources = [source for source in sources(app) if source.function in QUEUES]
        self.events: list[dict[str, Any]] = []
        self.told: list[str] = []
        """What happened, line by line."""
        self._failures: Counter[str] = Counter()

    def close(self) -> None:
        """Leave everything as it was found."""
        self._stack.close()

    def tell(self, what: str) -> None:
        """Note what happens now."""
        self.told.append(f"{clock.iso(clock.now())} {what}")

    @property
    def user(self) -> UserItem:
        """The user's row now."""
        return UserItem.get(self.api.user_id, SELF, consistent_read=True)

    def accounts(self) -> dict[int, AccountItem]:
        """The account rows now."""
        found = (row for row in rows(self.api.user_id, "account", "account"))
        return {row.account_id: row for row in found if isinstance(row, AccountItem)}

    def streams(self) -> Iterator[StreamItem]:
        """The stream rows now."""
        for row in rows(self.api.user_id, "stream", "stream"):
            if isinstance(row, StreamItem):
                yield row

    def act(self, call: Callable[[], HTTPResponse], death: Death | None) -> HTTPResponse | None:
        """Make a request; None when the process died over it."""
        if death is None:
            return call()
        try:
            with watching(death):
                return call()
        except Died as died:
            self._mourn(died)
            return None

    def _mourn(self, died: Died) -> None:
        FIGURES.deaths += 1
        self.tell(f"died {died}")

    def pass_time(self, seconds: int) -> None:
        """Let time pass, here and at Stripe."""
        self._clock.shift(timedelta(seconds=seconds))
        with self.stripe.service.lock:
            clockwork.catch_up(self.stripe.books)
            self.events += self.stripe.books.fetch_events()

    def period_end(self) -> int | None:
        """When the running period of the live subscription ends."""
        live = self.live()
        return live[0]["items"]["data"][0]["current_period_end"] if live else None

    def live(self) -> list[dict[str, Any]]:
        """The user's subscriptions that Stripe bills."""
        return [
            each
            for each in self.stripe.books.all("subscription")
            if each["status"] in ("active", "trialing", "past_due")
        ]

    def deliver(self, chance: random.Random, death: Death | None = None) -> None:
        """Bring events in any order, some of them twice; then let the workers work."""
        chance.shuffle(self.events)
        count = chance.randint(0, len(self.events))
        bound, self.events = self.events[:count], self.events[count:]
        for event in [*bound, *chance.sample(bound, len(bound) // 3)]:
            post_event(event)
            FIGURES.events += 1
            self.tell(f"news {event['id']} {event['type']}")
        try:
            if death is None:
                self.work(chance)
            else:
                with watching(death):
                    self.work(chance)
        except Died as died:
            self._mourn(died)

    def lose(self, chance: random.Random) -> None:
        """Events that never come."""
        kept = [event for event in self.events if chance.random() < 0.5]
        FIGURES.lost += len(self.events) - len(kept)
        self.tell(f"lost {[event['id'] for event in self.events if event not in kept]}")
        self.events = kept

    def work(self, chance: random.Random) -> None:
        """Handle what is on the queues, in any order; what fails comes again, then is dead."""
        for _ in range(PATIENCE):
            batch = [
                (source, message)
                for source in self._sources
                for message in self.queues.take(source)
            ]
            if not batch:
                return
            chance.shuffle(batch)
            for source, message in batch:
                self.queues.delete(source, message)
            while batch:
                self._handle(batch)
        raise AssertionError("the queues never come to rest")

    def _handle(self, batch: list[tuple[Any, dict[str, Any]]]) -> None:
        """Handle the last one; who dies over it leaves all of them to the next."""
        source, message = batch[-1]
        body = message["Body"]
        try:
            self.queues.handle(source, message)
        except Died:
            for left, unread in batch:
                self.queues.send(left.function, unread["Body"])
            raise
        except Exception as fault:
            self.tell(f"{source.function} failed: {fault!r}")
            self._failures[body] += 1
            if self._failures[body] < TRIES:
                self.queues.send(source.function, body)
        batch.pop()

    def heal(self, chance: random.Random) -> None:
        """Stripe is up, every event comes, the queues are worked off, a night passes."""
        self.stripe.recover()
        for _ in range(2):
            self.pass_time(17 * 60)
            while self.events:
                self.pass_time(61)
                self.deliver(chance)
            self.work(chance)
            FIGURES.mended += self._night().total
        FIGURES.heals += 1
        self.pass_time(0)
        assert self._night().total == 0, "it drifts again"

    def _night(self) -> reconciling.Drift:
        return reconciling.reconcile(self.api.user_id, wiring.subscriptions())
