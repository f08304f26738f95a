"""`pytest -p tests.aws_calls`: writes down which AWS call each Lambda handler makes, and on what.

One JSON file per process goes to `CALLS_DIR`; `tools.packaging.policies` holds the functions'
policies against them. A call counts for the handler in whose stack it is made, or that alone takes
the step in whose stack it is made: tests take many steps with edges of their own. Calls that a test
makes by itself belong to nobody, also where a handler called the test back.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from inspect import unwrap
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from tools.packaging.aws_calls import Call, calls_of
from tools.packaging.functions import API
from tools.packaging.tree import ROOT

_NOT_DEPLOYED = tuple(
    f"{ROOT / folder}{os.sep}" for folder in ("bench", "localdev", "tests", "tools")
)
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
    _seen.update(asked(model, params))


def _note_signature(operation_name: str, **_: Any) -> None:
    """A signed link is used by somebody else, with the rights of the handler that signed it."""
    _seen.update(_by_whom(calls_of("s3", operation_name, b"")))


def asked(model: Any, params: dict[str, Any]) -> set[tuple[str, Call]]:
    """What botocore's `before-call` is about: the function at work, and what IAM is asked."""
    service = model.service_model.service_name
    return _by_whom(calls_of(service, model.name, params["body"], params.get("query_string") or {}))


def _by_whom(calls: Iterator[Call]) -> set[tuple[str, Call]]:
    function = handler_on_the_stack()
    return {(function, call) for call in calls} if function else set()


def handler_on_the_stack() -> str | None:
    """The function at work in this thread: whose handler it is, else who alone takes the step.

    Looks no further than to the first frame of a test or of a tool: what those do is their own.
    """
    step = None
    for frame in _deployed_frames():
        if handler := _handler(frame):
            return handler
        step = step or _steps().get(frame.f_code)
    return step


def _deployed_frames() -> Iterator[FrameType]:
    """The frames from an AWS call out to where code that is not deployed brought it about."""
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_code.co_filename.startswith(_NOT_DEPLOYED):  # who listens
        frame = frame.f_back
    while frame and not frame.f_code.co_filename.startswith(_NOT_DEPLOYED):
        yield frame
        frame = frame.f_back


def _handler(frame: FrameType) -> str | None:
    import app

    code = frame.f_code
    if code.co_filename == app.__file__ and code.co_name in app.app.handler_map:
        return code.co_name
    is_api = code.co_name == "__call__" and frame.f_locals.get("self") is app.app
    return API if is_api else None


@cache
def _steps() -> dict[CodeType, str]:
    """What a single function does for all others, by its code; the API does none of it."""
    from chalicelib.billing import adding_up
    from chalicelib.delivery import dispatch
    from chalicelib.nightly import caretaker, reconciling, walking
    from chalicelib.notices import sheets, taking
    from chalicelib.privacy import exporting, people, retention, users
    from chalicelib.runs import pipeline
    from chalicelib.runs.steps import enrich, judge, read, start, watch
    from chalicelib.settlement import reconciling as stripe
    from chalicelib.settlement import settling
    from chalicelib.streams import digests

    steps: dict[str, tuple[Callable[..., object], ...]] = {
        "start_run": (pipeline.start, start.start_from_queue, watch.watch_over),
        "scrape": (pipeline.read, read.Reader.work),
        "enrich": (pipeline.judge, judge.judge_batch, enrich.enrich_leads),
        "settle_billing": (settling.settle,),
        "deliver": (dispatch.take, taking.take, sheets.letter_with),
        "keep_up": (
            caretaker.Caretaker.take,
            *(reconciling.mend_schedules, reconciling.watch_runs, digests.follow_digest),
            *(stripe.reconcile, adding_up.add_up, retention.expire),
            *(people.erase_person, users.erase_user, exporting.write_part),
            *(walking.walk_users, walking.walk_schedules),
        ),
        "nightly": (walking.begin,),
    }
    return {unwrap(each).__code__: name for name, taken in steps.items() for each in taken}
