"""Events on their way to the endpoint of an application, signed as Stripe signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections import deque

import httpx

from localdev.stripe.books import Thing
from localdev.stripe.service import Service

LOOK_SECONDS = 0.2
TRIES = 8


def signed(event: Thing, secret: str, *, at: int | None = None) -> tuple[bytes, str]:
    """The body of an event and its `Stripe-Signature` (docs.stripe.com/webhooks)."""
    body = json.dumps(event).encode()
    moment = int(time.time()) if at is None else at
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return body, f"t={moment},v1={made.hexdigest()}"


class Courier:
    """A thread that brings events to one address, again and again until it takes them."""

    def __init__(self, service: Service, url: str, secret: str) -> None:
        self._service = service
        self._url = url
        self._secret = secret
        self._ended = threading.Event()
        self._waiting: deque[tuple[Thing, int, float]] = deque()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Courier:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._ended.wait(LOOK_SECONDS):
                with self._service.lock:
                    fresh = self._service.books.fetch_events()
                self._waiting.extend((event, 1, 0.0) for event in fresh)
                for _ in range(len(self._waiting)):
                    self._bring(client, *self._waiting.popleft())

    def _bring(self, client: httpx.Client, event: Thing, attempt: int, due: float) -> None:
        if due > time.monotonic():
            self._waiting.append((event, attempt, due))
            return
        body, signature = signed(event, self._secret)
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        try:
            taken = client.post(self._url, content=body, headers=headers).is_success
        except httpx.HTTPError:
            taken = False
        if not taken and attempt < TRIES:
            self._waiting.append((event, attempt + 1, time.monotonic() + 2**attempt))
