"""Remembers which provider is down, so that it is not asked again for every page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib import clock
from chalicelib.upstreams.errors import (
    OutOfCredits,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
)

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _State:
    failures: int = 0
    """In a row, since the last answer or the last rest."""
    rests: int = 0
    """In a row, since the last answer; each is twice as long as the one before."""
    rest_until: datetime = _NEVER
    probing: bool = False


class Health:
    """A circuit breaker per provider, shared by all threads of a process.

    After `failures` in a row a provider rests for `rest` seconds, then one probe is let through;
    each failed probe doubles the rest, up to `longest_rest`. A key that is refused or has nothing
    left to spend rests for `operator_rest` at once: only an operator mends that.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        rest: float = 30,
        longest_rest: float = 600,
        operator_rest: float = 900,
        probe_seconds: float = 60,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._failures = failures
        self._rest = rest
        self._longest_rest = longest_rest
        self._operator_rest = operator_rest
        self._probe_seconds = probe_seconds
        self._now = now
        self._states: dict[str, _State] = {}
        self._lock = threading.Lock()

    def allows(self, provider: str) -> bool:
        """Whether to ask the provider now. After a rest, True is said to one caller: the probe."""
        with self._lock:
            state = self._state(provider)
            if self._now() < state.rest_until:
                return False
            if state.rests:
                # A probe that never reports back (its thread died) must not block us for good.
                state.probing = True
                state.rest_until = self._from_now(self._probe_seconds)
            return True

    def rest_left(self, provider: str) -> float:
        """Seconds until the provider may be asked again; 0 when it may be asked now."""
        with self._lock:
            return max(0.0, (self._state(provider).rest_until - self._now()).total_seconds())

    def succeeded(self, provider: str) -> None:
        """The provider answered, were it only that there is no such account."""
        with self._lock:
            self._states[provider] = _State()

    def failed(self, provider: str, fault: Unavailable) -> None:
        """The provider did not answer. A Rejected counts as an answer: the request was at fault."""
        if isinstance(fault, Rejected):
            self.succeeded(provider)
            return
        with self._lock:
            state = self._state(provider)
            state.failures += 1
            if isinstance(fault, OutOfCredits | Refused):
                self._begin_rest(state, self._operator_rest)
            elif isinstance(fault, RateLimited) and fault.retry_after is not None:
                self._begin_rest(state, min(fault.retry_after, self._longest_rest))
            elif self._is_due_to_rest(state):
                self._begin_rest(state, min(self._rest * 2**state.rests, self._longest_rest))

    def _is_due_to_rest(self, state: _State) -> bool:
        # Threads whose calls began before the rest fail late; they must not lengthen it.
        already_resting = self._now() < state.rest_until and not state.probing
        return not already_resting and (state.probing or state.failures >= self._failures)

    def _begin_rest(self, state: _State, seconds: float) -> None:
        until = self._from_now(seconds)
        state.rest_until = until if state.probing else max(until, state.rest_until)
        # 20 doublings exceed any longest rest; without an end they would overflow a float.
        state.rests = min(state.rests + 1, 20)
        state.failures, state.probing = 0, False

    def _from_now(self, seconds: float) -> datetime:
        return self._now() + timedelta(seconds=seconds)

    def _state(self, provider: str) -> _State:
        return self._states.setdefault(provider, _State())
