"""AWS round trips per endpoint, authentication included, counted at the client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib import aws, db


@contextmanager
def counted() -> Iterator[list[str]]:
    """The names of the AWS calls that are made within."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    emitters = [
        db.connection().client.meta.events,
        *(aws.client(service).meta.events for service in ("sqs", "scheduler")),
    ]
    for emitter in emitters:
        emitter.register("before-call", note)
    try:
        yield calls
    finally:
        for emitter in emitters:
            emitter.unregister("before-call", note)


def per_endpoint(api: Any, stream_id: int, run_id: int) -> list[tuple[str, list[str]]]:
    """Each reading endpoint with the calls that it made."""
    paths = [
        "/me",
        "/streams",
        f"/streams/{stream_id}",
        f"/streams/{stream_id}/runs",
        f"/streams/{stream_id}/runs/{run_id}",
        "/runs",
        f"/streams/{stream_id}/leads",
        f"/streams/{stream_id}/leads?summary=true",
        "/segments",
        "/accounts",
    ]
    found = []
    for path in paths:
        with counted() as calls:
            answer = api.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        shown = path.replace(str(run_id), "{runId}").replace(str(stream_id), "{id}")
        found.append((f"GET {shown}", list(calls)))
    return found
