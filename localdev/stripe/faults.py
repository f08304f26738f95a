"""Faults on demand: refusals, answers that never come, and a Stripe that is down."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["refuse", "fail", "fail_after", "drop", "drop_after"]


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose `METHOD /path` holds `match`."""

    match: str = ""
    """A regular expression; empty takes every request."""
    kind: Kind = "refuse"
    """`refuse` answers `status` before it begins, so that nothing is remembered under the key;
    `fail` begins, fails and remembers that; `fail_after` does what was asked and answers `status`
    for all that; `drop` hangs up and does nothing, `drop_after` does it and hangs up."""
    status: int = 500
    error: dict[str, Any] = field(
        default_factory=lambda: {"type": "api_error", "message": "Something went wrong."}
    )
    times: int = 1_000_000

    @property
    def happens(self) -> bool:
        """Whether the request is done for all that."""
        return self.kind.endswith("_after")

    @property
    def hangs_up(self) -> bool:
        return self.kind.startswith("drop")


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def next(self, method: str, path: str) -> Fault | None:
        """The fault that befalls a request, if one does."""
        for fault in self.waiting:
            if fault.times > 0 and re.search(fault.match, f"{method} {path}"):
                fault.times -= 1
                return fault
        return None
