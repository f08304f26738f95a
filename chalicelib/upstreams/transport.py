"""HTTP to one vendor: time-outs, bounded retries, rate limits, and faults told in our own words."""

from __future__ import annotations

import json
import random as stdlib_random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeGuard

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from chalicelib import clock
from chalicelib.upstreams import Errand, as_count, as_row
from chalicelib.upstreams.errors import (
    Down,
    Missing,
    OutOfCredits,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
    UpstreamFault,
)

if TYPE_CHECKING:
    from chalicelib.upstreams.pace import Pace

CONNECT_SECONDS = 5.0
LARGEST_BODY = 32 * 1024 * 1024
"""Bytes. 1,000 follower rows are about 1.5 MB; more than this is not an answer but a mishap."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""Seconds between tries; doubled from one to the other."""
LONGEST_PAUSE = 86_400.0
"""Seconds. No vendor's rate window is longer than a day."""

_BY_STATUS: Mapping[int, type[UpstreamFault]] = {
    400: Rejected,
    401: Refused,
    402: OutOfCredits,
    403: Refused,
    404: Missing,
    409: Rejected,
    413: Rejected,
    422: Rejected,
    429: RateLimited,
}
_PASSING = frozenset({200, 201, 500, 502, 503, 504})
"""Statuses whose failure may be over at the next try; a 2xx fails by what its body says."""
_WORDS = ("detail", "error_code", "error", "message")
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Answer:
    """A vendor's 2xx: its JSON, and its headers by lower-case name."""

    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    params: Mapping[str, str | int]
    body: Any
    errand: Errand

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice is the same as doing it once. A POST begins (and bills) a run."""
        return self.method == "GET"


class _AnotherTry(Exception):
    """A fault that the next try may not meet."""

    def __init__(self, fault: Unavailable) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Transport:
    """Asks one vendor. Thread-safe: it shares nothing but the client and the end of a rate limit.

    `client` carries base URL and key. `named_faults` are the vendor's own words for trouble that
    its statuses do not tell apart: a part of the message or type, lower case, and what it means.
    `statuses` are those by which the vendor means something else than everybody. `pace` keeps all
    workers together to the vendor's rate limit.
    `read_timeout` is seconds of silence on a GET, after which it is tried again.
    """

    def __init__(
        self,
        client: httpx.Client,
        *,
        provider: str,
        named_faults: Mapping[str, type[UpstreamFault]] | None = None,
        statuses: Mapping[int, type[UpstreamFault]] | None = None,
        pace: Pace | None = None,
        attempts: int = 4,
        read_timeout: float = 15.0,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = stdlib_random.random,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.provider = provider
        self._client = client
        self._named_faults = named_faults or {}
        self._statuses: dict[int, type[UpstreamFault]] = {**_BY_STATUS, **(statuses or {})}
        self._pace = pace
        self._attempts = attempts
        self._read_timeout = read_timeout
        self._sleep = sleep
        self._random = random
        self._now = now
        self._quiet_until = datetime.min.replace(tzinfo=UTC)

    def get(
        self, path: str, params: Mapping[str, str | int] | None = None, *, errand: Errand
    ) -> Answer:
        """Read. Tried again on anything that may pass. Raises UpstreamFault; Missing for a 404."""
        return self._ask(_Call("GET", path, params or {}, None, errand))

    def post(
        self, path: str, params: Mapping[str, str | int], body: Any, *, errand: Errand
    ) -> Answer:
        """Begin something. Tried again only where it surely has not begun: no connection, 429, 503.

        Waits for the answer as long as the errand may last: giving up would lose what was begun.
        """
        return self._ask(_Call("POST", path, params, body, errand))

    def seconds_left(self, errand: Errand) -> float:
        """How much of the errand's time is left; negative once it is over."""
        return (errand.until - self._now()).total_seconds()

    def _ask(self, call: _Call) -> Answer:
        def give_up(state: RetryCallState) -> bool:
            too_late = state.upcoming_sleep >= self.seconds_left(call.errand)
            return too_late or state.attempt_number >= self._attempts

        retrying = Retrying(
            retry=retry_if_exception_type(_AnotherTry),
            wait=self._wait,
            stop=give_up,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._try, call)
        except _AnotherTry as last:
            raise last.fault from last.__cause__

    def _wait(self, state: RetryCallState) -> float:
        backoff = min(FIRST_WAIT * 2.0 ** (state.attempt_number - 1), LONGEST_WAIT)
        jittered = backoff * (0.5 + self._random() / 2)
        error = state.outcome.exception() if state.outcome else None
        asked = error.fault.retry_after if isinstance(error, _AnotherTry) else None
        return max(jittered, asked or 0.0)

    def _try(self, call: _Call) -> Answer:
        self._keep_quiet(call.errand)
        if self._pace is not None:
            self._pace.wait(self.seconds_left(call.errand))
        left = self.seconds_left(call.errand)
        if left <= 0:
            raise Down(self.provider, "no time left to ask")
        call.errand.usage.calls += 1
        try:
            status, headers, content = self._send(call, left)
        except httpx.RequestError as error:
            fault = Down(self.provider, type(error).__name__)
            if call.repeatable or isinstance(error, _NEVER_SENT):
                raise _AnotherTry(fault) from error
            raise fault from error
        call.errand.usage.credits_used += as_count(headers.get("x-credits-used")) or 0
        return self._judge(call, status, headers, content)

    def _send(self, call: _Call, left: float) -> tuple[int, dict[str, str], bytes]:
        silence = min(self._read_timeout, left) if call.repeatable else left
        timeout = httpx.Timeout(silence, connect=min(CONNECT_SECONDS, left))
        request = self._client.build_request(
            call.method, call.path, params=call.params, json=call.body, timeout=timeout
        )
        response = self._client.send(request, stream=True)
        try:
            content = bytearray()
            # httpx bounds each silence, not the whole: a body that drips must not outlive us.
            for part in response.iter_bytes():
                content += part
                if self.seconds_left(call.errand) <= 0:
                    raise httpx.ReadTimeout("the body took too long", request=request)
                if len(content) > LARGEST_BODY:
                    raise httpx.ReadError("the body is too large", request=request)
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status_code, headers, bytes(content)

    def _judge(
        self, call: _Call, status: int, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        body, is_json = _parse(content)
        retry_after = self._retry_after(status, headers, body)
        fault = self._fault(status, body, is_json, retry_after)
        if fault is None:
            return Answer(body, headers)
        if _may_pass(fault, status, call):
            raise _AnotherTry(fault)
        raise fault

    def _fault(
        self, status: int, body: Any, is_json: bool, retry_after: float | None
    ) -> UpstreamFault | None:
        message = _message(body)
        reason = f"{status} {message}".strip()
        succeeded = 200 <= status < 300
        if succeeded and is_json and not as_row(body).get("error"):
            return None
        if succeeded and not is_json:
            reason = f"{status} but no JSON"
        named = next((n for n in self._named_faults if n in message.lower()), None)
        kind = self._named_faults[named] if named else self._statuses.get(status, Down)
        if issubclass(kind, Unavailable):
            return kind(self.provider, reason, retry_after)
        return kind(self.provider, reason)

    def _retry_after(self, status: int, headers: Mapping[str, str], body: Any) -> float | None:
        """Seconds to wait by the answer's own word, and a note of it for the other threads."""
        resets = as_row(body).get("reset_at") or headers.get("x-ratelimit-reset")
        until_reset = self._seconds_until_unix(resets)
        spent = as_count(headers.get("x-ratelimit-remaining")) == 0
        asked = self._seconds_asked(headers.get("retry-after"))
        seconds = asked if asked is not None else until_reset if status == 429 else None
        pause = seconds if status == 429 else until_reset if spent else None
        if pause is not None:
            # One assignment, so no lock: the newest answer knows best.
            self._quiet_until = self._now() + timedelta(seconds=pause)
        return seconds

    def _seconds_asked(self, header: str | None) -> float | None:
        if header is None:
            return None
        if (seconds := as_count(header.strip())) is not None:
            return min(float(seconds), LONGEST_PAUSE)
        try:
            return self._bounded(parsedate_to_datetime(header).timestamp())
        except (ValueError, OverflowError):
            return None

    def _seconds_until_unix(self, stamp: object) -> float | None:
        seconds = as_count(stamp)
        return None if seconds is None else self._bounded(float(seconds))

    def _bounded(self, stamp: float) -> float:
        return min(max(0.0, stamp - self._now().timestamp()), LONGEST_PAUSE)

    def _keep_quiet(self, errand: Errand) -> None:
        """Wait out a rate limit that another call has met, if there is time for that."""
        pause = (self._quiet_until - self._now()).total_seconds()
        if pause <= 0:
            return
        if pause >= self.seconds_left(errand):
            raise RateLimited(self.provider, "still rate limited", pause)
        self._sleep(pause)


def _may_pass(fault: UpstreamFault, status: int, call: _Call) -> TypeGuard[Unavailable]:
    if isinstance(fault, RateLimited):
        return True
    unbegun = status == 503 or call.repeatable
    return isinstance(fault, Down) and status in _PASSING and unbegun


def _parse(content: bytes) -> tuple[Any, bool]:
    try:
        return json.loads(content), True
    except (ValueError, RecursionError):
        return None, False


def _message(body: Any) -> str:
    """The vendor's own words, short: `detail` of FastAPI, `error_code` of Prospeo, else `error`."""
    row = as_row(body)
    told = next((row[key] for key in _WORDS if row.get(key)), "")
    if isinstance(told, dict):
        told = f"{told.get('type', '')} {told.get('message', '')}".strip()
    return str(told)[:200]
