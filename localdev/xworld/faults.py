"""Faults on demand: which request goes wrong, and how."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from localdev.xworld.exchange import Answer, Vendor

STATUSES = frozenset({"401", "402", "403", "404", "408", "429", "500", "502", "503", "504"})
KINDS = STATUSES | {"timeout", "cut", "empty", "error200", "slow"}

_FIELDS = frozenset(
    {"vendor", "path", "kind", "times", "after", "retry_after", "seconds", "cursor"}
)


@dataclass(slots=True)
class Fault:
    """One rule. Every request that fits counts; those from `after` on go wrong, `times` times."""

    vendor: str
    kind: str
    path: str = ""
    """A regular expression that the path begins with; a plain prefix is one."""
    times: int = 1
    """How many requests go wrong; -1 for all."""
    after: int = 0
    """How many requests pass first."""
    retry_after: float = 1.0
    """Seconds, told with 429."""
    seconds: float | None = None
    """How long `slow` (1 by default) and `timeout` (30) take."""
    cursor: bool = False
    """Whether an `empty` page keeps its cursor."""
    seen: int = 0
    done: int = 0

    @classmethod
    def from_json(cls, given: Any) -> Fault:
        """Read one rule. Raises ValueError that says what is wrong with it."""
        if not isinstance(given, dict) or not given.keys() <= _FIELDS:
            raise ValueError(f"a fault is an object with {', '.join(sorted(_FIELDS))}")
        fault = cls(**{"vendor": "", "kind": "", **given})
        fault.kind = str(fault.kind)
        if fault.vendor not in ("scrapebadger", "apify") or fault.kind not in KINDS:
            raise ValueError(f"vendor is scrapebadger or apify, kind one of {sorted(KINDS)}")
        try:
            re.compile(fault.path)
        except (re.error, TypeError) as wrong:
            raise ValueError(f"path is no regular expression: {wrong}") from wrong
        return fault

    def wait(self, default: float) -> float:
        """Seconds that the answer takes."""
        return default if self.seconds is None else self.seconds

    def takes(self, vendor: str, path: str) -> bool:
        """Count a request that fits; True when it is one of those that go wrong."""
        if vendor != self.vendor or not re.match(self.path, path):
            return False
        self.seen += 1
        if self.seen <= self.after or self.done == self.times:
            return False
        self.done += 1
        return True


class Faults:
    """The rules in force, in the order of their arrival; the first that takes a request wins."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(self, given: Any) -> None:
        """Add rules, or none if one is wrong. Raises ValueError that says what is."""
        rules = given if isinstance(given, list) else [given]
        self._rules += [Fault.from_json(rule) for rule in rules]

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """The rules with how often each was met (`seen`) and went wrong (`done`)."""
        return [asdict(rule) for rule in self._rules]

    def answer(self, vendor: Vendor, path: str, usual: Callable[[], Answer]) -> Answer:
        """The vendor's usual answer, or what a rule makes of it."""
        fault = next((rule for rule in self._rules if rule.takes(vendor.name, path)), None)
        if fault is None:
            return usual()
        return _instead(fault, vendor) or _spoilt(fault, vendor, usual())


def _instead(fault: Fault, vendor: Vendor) -> Answer | None:
    """What comes in place of an answer, so that the vendor never sees the request."""
    if fault.kind in STATUSES:
        return vendor.failure(int(fault.kind), fault.retry_after)
    if fault.kind == "timeout":
        return Answer(504, None, delay=fault.wait(30.0), silent=True)
    if fault.kind == "error200":
        return Answer(200, {"error": "The upstream provider did not answer"})
    return None


def _spoilt(fault: Fault, vendor: Vendor, answer: Answer) -> Answer:
    """What arrives of an answer that the vendor gave, and charged for."""
    if fault.kind == "cut":
        return replace(answer, cut=True)
    if fault.kind == "slow":
        return replace(answer, delay=fault.wait(1.0))
    return vendor.emptied(answer, keep_cursor=fault.cursor) if answer.rows else answer
