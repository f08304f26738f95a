"""What each handler asked of AWS for the length of a test, held against the functions' policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from app import app
from chalicelib import aws, db
from tests import aws_calls
from tools.packaging import policies
from tools.packaging.aws_calls import Call
from tools.packaging.functions import functions

Asked = set[tuple[str, Call]]


@contextmanager
def recorded() -> Iterator[Asked]:
    """The functions at work and what they ask, heard at the clients that are there already."""
    found: Asked = set()

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        found.update(aws_calls.asked(model, params))

    emitters = [db.connection().client.meta.events]
    emitters += [aws.client(service).meta.events for service in aws.SERVICES]
    with ExitStack() as stack:
        for emitter in emitters:
            emitter.register("before-call", note)
            stack.callback(emitter.unregister, "before-call", note)
        yield found


def refused(asked: Asked) -> dict[str, set[Call]]:
    """What AWS would refuse, by function; empty where all is allowed."""
    found = {}
    for function in functions(app):
        calls = {call for name, call in asked if name == function.name}
        allowed = policies.granted(json.loads(policies.policy_file(function).read_text()))
        found[function.name] = policies.wanted(function, calls) - allowed
    return {name: calls for name, calls in found.items() if calls}
