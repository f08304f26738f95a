"""One request at a time: its credential, its idempotency key, its fault, its answer."""

from __future__ import annotations

import copy
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localdev.stripe import clockwork, control, forms, html, routes
from localdev.stripe.books import Books
from localdev.stripe.faults import Fault, Faults
from localdev.stripe.refusals import Refusal, reused_key

_NOT_KEPT = frozenset({400, 401, 403, 404, 409, 429})
"""What comes before Stripe began to execute is not replayed
(docs.stripe.com/api/idempotent_requests)."""
REMEMBERED = 10_000
"""Requests whose traces are kept."""


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What goes out; without a body the connection is hung up."""

    status: int
    body: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request that Stripe got, for tests to look at."""

    method: str
    path: str
    form: dict[str, Any]
    idempotency_key: str | None


class Service:
    """Answers requests over some books. Thread-safe."""

    def __init__(self, books: Books | None = None, *, state: Path | None = None) -> None:
        self.books = books or Books()
        self.faults = Faults()
        self.asked: deque[Asked] = deque(maxlen=REMEMBERED)
        self.lock = threading.RLock()
        self._state = state

    def answer(self, request: Request) -> Reply:
        """The answer to one request, after everything that was due by now."""
        with self.lock:
            clockwork.catch_up(self.books)
            if request.path.startswith("/v1/"):
                reply = self._api(request)
            elif request.path.startswith("/_control/"):
                reply = _json(*control.answer(self, request))
            else:
                status, page = html.answer(self.books, request.path)
                reply = Reply(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
            if self._state and request.method != "GET":
                self.books.save(self._state)
        return reply

    def _api(self, request: Request) -> Reply:
        text = request.query if request.method in ("GET", "DELETE") else request.body.decode()
        form = forms.parse(text)
        key = request.headers.get("idempotency-key")
        self.asked.append(Asked(request.method, request.path, copy.deepcopy(form), key))
        if not request.headers.get("authorization", "").startswith("Bearer sk_"):
            refusal = Refusal("You did not provide a valid API key.", status=401)
            return _json(401, refusal.body)
        fault = self.faults.next(request.method, request.path)
        if fault and not fault.happens:
            return self._failed(fault, request, form, key)
        status, body, headers = self._once(request, form, key)
        if fault:
            return self._failed(fault, request, form, key)
        return _json(status, body, headers)

    def _failed(self, fault: Fault, request: Request, form: Any, key: str | None) -> Reply:
        if fault.hangs_up:
            return Reply(0, None)
        body = {"error": fault.error}
        if key and fault.kind != "refuse":
            self._keep(key, request, form, fault.status, body)
        return _json(fault.status, body)

    def _once(
        self, request: Request, form: Any, key: str | None
    ) -> tuple[int, Any, dict[str, str]]:
        if key is None or request.method != "POST":
            return *self._do(request, form), {}
        known = self.books.answers.get(key)
        if known is None:
            status, body = self._do(request, form)
            self._keep(key, request, form, status, body)
            return status, body, {}
        asked, status, body = known
        if asked != _named(request, form):
            return 400, reused_key().body, {}
        return status, body, {"Idempotent-Replayed": "true"}

    def _do(self, request: Request, form: Any) -> tuple[int, Any]:
        try:
            found = routes.call(self.books, request.method, request.path, copy.deepcopy(form))
            return 200, copy.deepcopy(found)
        except Refusal as refusal:
            return refusal.status, refusal.body

    def _keep(self, key: str, request: Request, form: Any, status: int, body: Any) -> None:
        if status not in _NOT_KEPT:
            self.books.answers[key] = [_named(request, form), status, copy.deepcopy(body)]


def _named(request: Request, form: Any) -> str:
    return json.dumps([request.path, form], sort_keys=True)


def _json(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(
        status,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", **(headers or {})},
    )
