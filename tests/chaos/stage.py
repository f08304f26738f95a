"""One user's world for one drill: calls of a client, messages, and a process that may die."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import time_machine

from chalicelib import queues, wiring
from chalicelib.settings import settings
from localdev.desk.server import Desk
from localdev.telegram import Chats
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.chaos.courier import Courier, Parcel
from tests.chaos.faults import OF_MESSAGES, Fault, Killed, Saboteur
from tests.processes import start_anew

LEFT = 60
"""Followers who leave `@orbitdesk` at first: what stays is two pages, two batches."""
BEGINNING = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
CLIENT_WAITS = 20
"""Seconds after which a client that got no answer asks again."""
CLIENT_TRIES = 6
MOST_MESSAGES = 2_000
"""More than any scenario brings: beyond it something sends itself round and round."""

_numbers = count(1)


@dataclass
class Stage:
    """What a scenario plays on."""

    name: str
    """The local part of the user's address, and of no other's."""
    api: Api
    x_world: Server
    desk: Desk
    """Receives webhooks."""
    traveller: time_machine.Traveller
    saboteur: Saboteur
    courier: Courier
    stack: ExitStack
    """For what a scenario wants open until the end."""
    chats: Chats | None = None
    """What the bot wrote, in a scenario that tells people of runs."""
    errors: list[str] = field(default_factory=list)
    """Of handlers and requests that failed, how."""
    messages: int = 0

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request that its client repeats under one key until it is answered."""
        key = f"chaos-{next(_numbers)}"
        raw = b"" if body is None else json.dumps(body).encode()
        for _ in range(CLIENT_TRIES):
            try:
                with self.saboteur.working(f"{method} {_shape(path)}"):
                    answer = self.api.request(method, path, raw, {"Idempotency-Key": key})
                if answer.status_code < 500 and answer.status_code not in (409, 429):
                    return answer.json_body
                if answer.status_code >= 500:
                    self.errors.append(f"{method} {path}: {answer.body!r}")
            except Killed:
                self._die()
            self.traveller.shift(CLIENT_WAITS)
        raise AssertionError(f"{method} {path} is not answered: {answer.body}")

    def drain(self) -> None:
        """Deliver messages until none is left, however often that takes."""
        late: list[Parcel] = []
        while parcel := self.courier.next() or (late.pop() if late else None):
            self.messages += 1
            if self.messages > MOST_MESSAGES:
                raise AssertionError(f"no end of messages for {parcel.function}")
            is_chosen = self._is_chosen(parcel)
            if not self._deliver(parcel) or not is_chosen:
                continue
            if self.saboteur.fault is Fault.TWICE:
                self._deliver(parcel)
            else:
                late.append(parcel)

    def control(self, order: str, given: Any) -> None:
        """Give the fake X an order."""
        httpx.post(f"{self.x_world.url}/_control/{order}", json=given).raise_for_status()

    def mend_x(self) -> None:
        """Let all vendors work again."""
        httpx.delete(f"{self.x_world.url}/_control/faults").raise_for_status()

    def fresh_process(self) -> None:
        """Forget what a process keeps in its memory, as a cold start does."""
        self.saboteur.hang_up()
        queues.queue_url.cache_clear()
        for made in vars(wiring).values():
            if getattr(made, "__module__", "") == wiring.__name__ and hasattr(made, "cache_clear"):
                made.cache_clear()

    def _is_chosen(self, parcel: Parcel) -> bool:
        saboteur = self.saboteur
        if saboteur.fault not in OF_MESSAGES or parcel.deliveries:
            return False
        return self.messages == saboteur.at

    def _deliver(self, parcel: Parcel) -> bool:
        try:
            with self.saboteur.working(parcel.function):
                self.courier.hand_over(parcel)
        except Killed:
            self._die()
        except Exception as error:
            self.errors.append(f"{parcel.function}: {error!r}")
        else:
            return True
        self.courier.put_back(parcel)
        return False

    def _die(self) -> None:
        self.fresh_process()


@contextmanager
def staged(x_world: Server, saboteur: Saboteur) -> Iterator[Stage]:
    """A new user and a fake X as at its first start, at the same instant every time."""
    name = f"chaos{next(_numbers)}"
    with (
        _webhooks_to_loopback(),
        time_machine.travel(BEGINNING, tick=True) as traveller,
        Desk() as desk,
        Api.for_new_user(f"{name}@example.org", subscribed=True) as api,
        ExitStack() as stack,
    ):
        courier = Courier(traveller)
        stage = Stage(name, api, x_world, desk, traveller, saboteur, courier, stack)
        stage.control("reset", {})
        stage.control("unfollow", {"handle": "orbitdesk", "count": LEFT})
        start_anew()  # from here on the saboteur knows whom to hang up on
        with courier.at_work(), saboteur.watching():
            yield stage


@contextmanager
def _webhooks_to_loopback() -> Iterator[None]:
    before = os.environ.get("ALLOW_LOOPBACK_HTTP", "")
    os.environ["ALLOW_LOOPBACK_HTTP"] = "true"
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ["ALLOW_LOOPBACK_HTTP"] = before
        settings.cache_clear()


def _shape(path: str) -> str:
    return "/".join("{id}" if part.isdigit() else part for part in path.split("/"))
