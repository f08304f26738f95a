"""`pytest -p tests.aws_calls`: writes down which AWS call each Lambda handler makes, and on what.

One JSON file per process goes to `CALLS_DIR`; `tools.packaging.policies` holds the functions'
policies against them. A call counts for the handler in whose stack it is made; calls that a test
makes by itself belong to nobody.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tools.packaging.aws_calls import Call, calls_of

API = "api_handler"
_seen: set[tuple[str, Call]] = set()


def pytest_sessionstart() -> None:
    """Listen to every client that the app will make."""
    from chalicelib import aws

    aws.session().register("before-call", _note)
    aws.session().register("before-sign.s3", _note_signature)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was heard."""
    folder = Path(os.environ["CALLS_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    rows = sorted([function, *call] for function, call in _seen)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    (folder / f"{worker}.json").write_text(json.dumps(rows, indent=1) + "\n")


def _note(model: Any, params: dict[str, Any], **_: Any) -> None:
    _keep(calls_of(model.service_model.service_name, model.name, params["body"]))


def _note_signature(operation_name: str, **_: Any) -> None:
    """A signed link is used by somebody else, with the rights of the handler that signed it."""
    _keep(calls_of("s3", operation_name, b""))


def _keep(calls: Iterator[Call]) -> None:
    function = handler_on_the_stack()
    if function:
        _seen.update((function, call) for call in calls)


def handler_on_the_stack() -> str | None:
    """The function whose handler is at work in this thread."""
    return next(_handlers(sys._getframe()), None)


def _handlers(frame: FrameType | None) -> Iterator[str]:
    """The handlers on the stack: one, or none."""
    import app

    while frame:
        code = frame.f_code
        if code.co_filename == app.__file__ and code.co_name in app.app.handler_map:
            yield code.co_name
        elif code.co_name == "__call__" and frame.f_locals.get("self") is app.app:
            yield API
        frame = frame.f_back
