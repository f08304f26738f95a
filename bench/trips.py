"""AWS round trips per endpoint, authentication included, counted at the client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib import aws, db

if TYPE_CHECKING:
    from bench.budget import Line
    from bench.trip_world import World


@contextmanager
def counted() -> Iterator[list[str]]:
    """The names of the AWS calls that are made within."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    emitters = [
        db.connection().client.meta.events,
        *(aws.client(service).meta.events for service in aws.SERVICES),
    ]
    for emitter in emitters:
        emitter.register("before-call", note)
    try:
        yield calls
    finally:
        for emitter in emitters:
            emitter.unregister("before-call", note)


def taken(line: Line, world: World) -> list[str]:
    """The calls that a line of the budget takes. Raises RuntimeError when it is refused."""
    ask = line.ask(world)
    by = ask.by or world.fresh_key()
    method = line.route.partition(" ")[0]
    with counted() as calls:
        if ask.raw is None:
            answer = by._send(method, ask.path, ask.body, ask.headers)
        else:
            answer = by.request(method, ask.path, ask.raw, ask.headers)
    if answer.status_code >= 400:
        raise RuntimeError(f"{line.route} {line.case}: {answer.status_code} {answer.body!r}")
    return list(calls)


def section(world: World) -> str:
    """The budget and what was counted, as a table. Raises RuntimeError where a line is passed."""
    from bench.budget import LINES

    rows = []
    for line in LINES:
        calls = taken(line, world)
        if len(calls) > line.most:
            raise RuntimeError(f"{line.route} {line.case} took {calls}, {line.most} at most")
        case = f" ({line.case})" if line.case else ""
        rows.append(f"| `{line.route}`{case} | {line.most} | {len(calls)} | {_told(calls)} |")
    head = [
        "## AWS round trips per endpoint, authentication included\n",
        NOTES,
        "| endpoint | at most | counted | calls |\n|---|---:|---:|---|",
    ]
    return "\n".join([*head, *rows])


NOTES = """\
A test holds every endpoint against its line. What else may cost a trip: a list of leads over
more than a megabyte (`since` counts all that came after it, a filter of the caller's reads past
others, `offset` past those before) one for each megabyte; `groupBy=stream` one for each stream with
leads; a user's first page one more beyond 50 streams; an `accountId` or `segmentId` that no stream
in question ever had one, to tell 404 from nobody; a row that changed under the writer one to read
it and one to write it again; feedback one where somebody subscribed to verdicts, three when a
process first learns of that; a walk one for a page with people who matched since it began; looking
handles up on X a share of one for the providers' rate.
"""


def _told(calls: list[str]) -> str:
    """Each kind of call with how often it came."""
    return ", ".join(
        f"{number} {name}" if number > 1 else name for name, number in Counter(calls).items()
    )
