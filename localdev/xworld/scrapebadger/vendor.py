"""ScrapeBadger's door: keys, rate limit, credits and the words of its errors."""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from typing import Any, cast

from localdev.xworld.exchange import Answer, Refused, Request, Route, find
from localdev.xworld.scrapebadger.reads import Reads
from localdev.xworld.scrapebadger.window import Window
from localdev.xworld.world import XWorld

_TIER = "enterprise"


class ScrapeBadger:
    """Answers under /v1 to any key that begins with `sb_`; all keys are one account's."""

    name = "scrapebadger"

    def __init__(self, world: XWorld, *, per_minute: int, credits: int, page_size: int) -> None:
        """`credits` is the balance at the start."""
        self._at_start = (per_minute, credits)
        self._now = world.now
        self.reset()
        self._free = [
            Route.of("GET", "/v1/twitter/health", "health", self._health),
            Route.of("GET", "/v1/account/me", "account", self._account),
        ]
        self._routes = [*self._free, *Reads(world, page_size).routes]

    def reset(self) -> None:
        """Limit, minute and balance as at the start."""
        per_minute, self.credits = self._at_start
        self.window = Window(per_minute, self._now)

    def endpoint(self, path: str) -> str | None:
        """The short name of the endpoint at this path."""
        found = find(self._routes, path)
        return found[0][0].name if found else None

    def answer(self, request: Request) -> Answer:
        """Key, rate limit, credits, endpoint; every answer tells what the minute still allows."""
        try:
            answer = self._admitted(request)
        except Refused as no:
            answer = no.answer
        return replace(answer, headers={**self._headers(), **answer.headers})

    def failure(self, status: int, retry_after: float) -> Answer:
        """An error on demand; a refused minute is told to wait for `retry_after` seconds."""
        answer = self._refusal(status, retry_after).answer
        return replace(answer, headers={**self._headers(), **answer.headers})

    def emptied(self, answer: Answer, *, keep_cursor: bool) -> Answer:
        """A list without rows; what is no list stays as it is."""
        body = cast("dict[str, Any]", answer.body)
        if "data" not in body:
            return answer
        cursor = body.get("next_cursor") if keep_cursor else None
        return replace(answer, body={"data": [], "next_cursor": cursor}, rows=0)

    def _admitted(self, request: Request) -> Answer:
        found = find(self._routes, request.path)
        if not found:
            raise Refused(404, {"detail": "Not Found"})
        route, arguments = found[0]
        if request.method not in ("GET", "HEAD"):
            raise Refused(405, {"detail": "Method Not Allowed"}, {"Allow": "GET"})
        if route.name != "health" and not request.headers.get("x-api-key", "").startswith("sb_"):
            raise self._refusal(401)
        if not self.window.take():
            raise self._refusal(429, self.window.reset_at - self._now())
        if route in self._free:
            return route.handler(request, *arguments)
        if self.credits <= 0:
            raise self._refusal(402)
        return self._charged(route.handler(request, *arguments))

    def _charged(self, answer: Answer) -> Answer:
        """A read costs one credit and one more for each row; errors cost nothing."""
        cost = 1 + answer.rows
        self.credits = max(0, self.credits - cost)
        return replace(answer, headers={**answer.headers, "X-Credits-Used": str(cost)})

    def _headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.window.limit),
            "X-RateLimit-Remaining": str(self.window.remaining),
            "X-RateLimit-Reset": str(self.window.reset_at),
            "X-Request-ID": str(uuid.uuid4()),
        }

    def _refusal(self, status: int, retry_after: float = 1.0) -> Refused:
        if status == 429:
            return self._too_many(retry_after)
        bodies: dict[int, object] = {
            401: {"error": "Invalid or missing API key"},
            402: {"error": "Insufficient credits"},
            403: {"error": "ip_not_allowed", "client_ip": "127.0.0.1"},
            404: {"detail": "User not found"},
        }
        return Refused(status, bodies.get(status, {"detail": "Upstream request failed"}))

    def _too_many(self, retry_after: float) -> Refused:
        body = {
            "detail": "Rate limit exceeded",
            "limit": self.window.limit,
            "remaining": 0,
            "reset_at": math.ceil(self._now() + retry_after),
            "tier": _TIER,
        }
        return Refused(429, body, {"Retry-After": str(math.ceil(retry_after))})

    def _health(self, _: Request) -> Answer:
        return Answer(200, {"status": "healthy"})

    def _account(self, _: Request) -> Answer:
        body = {
            "credits_balance": self.credits,
            "subscription_credits_balance": 0,
            "total_credits_balance": self.credits,
            "tier": _TIER,
            "rate_limit_per_minute": self.window.limit,
            "subscription": None,
        }
        return Answer(200, body)
