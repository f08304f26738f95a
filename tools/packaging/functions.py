"""The Lambda functions of the app, read off its own declarations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalice.app import Chalice, SQSEventConfig

from tools.packaging.tree import ROOT

API = "api_handler"
"""What Chalice calls the one function of all routes."""


@dataclass(frozen=True)
class Function:
    """One function. `queue` is the short name of the queue that feeds it, such as `runs`."""

    name: str
    queue: str | None = None

    @property
    def logical_id(self) -> str:
        """What Chalice calls it in the template."""
        return "APIHandler" if self.name == API else self._camel

    @property
    def role_id(self) -> str:
        """The logical id of its role."""
        return f"{self._camel}Role"

    @property
    def log_group_id(self) -> str:
        """The logical id of its log group."""
        return f"{self._camel}LogGroup"

    @property
    def _camel(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("_"))


def functions(app: Chalice) -> Iterator[Function]:
    """Every function that the app declares, the API first."""
    yield Function(API)
    for declared in app.event_sources:
        queue = None
        if isinstance(declared, SQSEventConfig):
            queue = str(declared.queue).split("-", 2)[2]
        yield Function(declared.name, queue)
    yield from (Function(plain.name) for plain in app.pure_lambda_functions)


def configured() -> dict[str, Any]:
    """.chalice/config.json."""
    found: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text())
    return found
