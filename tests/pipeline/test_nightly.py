"""Every night each user's schedules are compared with the workspace, and set right."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from app import app
from chalicelib import aws, wiring
from chalicelib.nightly.reconciling import ReconcileFailed, mend_schedules, reconcile
from chalicelib.scheduling.schedules import Drift
from chalicelib.settings import settings
from chalicelib.streams.table import StreamItem
from chalicelib.workspace import rows
from localdev.environment import ROOT
from tests.api.stream_hand import schedules
from tests.api_client import Api
from tests.queue_hand import QueueHand

NOTICE: dict[str, Any] = {
    "version": "0",
    "id": "1",
    "account": "000000000000",
    "source": "aws.events",
    "time": "2026-07-05T02:40:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail-type": "Scheduled Event",
    "detail": {},
}


def _group() -> dict[str, str]:
    return {"GroupName": settings().resource("streams")}


def _names() -> list[str]:
    pages = aws.client("scheduler").get_paginator("list_schedules").paginate(**_group())
    return sorted(each["Name"] for page in pages for each in page["Schedules"])


def _whole(name: str) -> dict[str, Any]:
    found = aws.client("scheduler").get_schedule(**_group(), Name=name)
    fields = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target", "State")
    return {field: found[field] for field in (*fields, "ScheduleExpressionTimezone")}


def _stream(api: Api, **fields: Any) -> int:
    made = {"syncTimes": ["07:15", "19:30"], "timezone": "Europe/Lisbon", **fields}
    return int(api.create_stream(**made)["id"])


def _night(queues: QueueHand) -> None:
    app.handler_map["nightly"](NOTICE, None)
    queues.drain()


def _mend(api: Api) -> Drift:
    return mend_schedules(api.user_id, wiring.schedules())


def _missing(name: str) -> None:
    aws.client("scheduler").delete_schedule(**_group(), Name=name)


def _changed(name: str, **fields: Any) -> None:
    aws.client("scheduler").update_schedule(**(_whole(name) | fields))


def _stray(name: str) -> None:
    user, stream, _ = name.split("-")
    aws.client("scheduler").create_schedule(**(_whole(name) | {"Name": f"{user}-{stream}-0400"}))


def _of_no_stream(name: str) -> None:
    user, stream, time = name.split("-")
    other = f"{user}-{int(stream) + 1}-{time}"
    aws.client("scheduler").create_schedule(**(_whole(name) | {"Name": other}))


@pytest.mark.moto
@pytest.mark.parametrize(
    ("damage", "drift"),
    [
        (lambda _name: None, Drift()),
        (_missing, Drift(missing=1)),
        (_stray, Drift(stray=1)),
        (_of_no_stream, Drift(stray=1)),
        (lambda name: _changed(name, State="DISABLED"), Drift(wrong=1)),
        (lambda name: _changed(name, ScheduleExpression="cron(0 1 * * ? *)"), Drift(wrong=1)),
        (lambda name: _changed(name, ScheduleExpressionTimezone="UTC"), Drift(wrong=1)),
        (lambda name: _changed(name, FlexibleTimeWindow={"Mode": "OFF"}), Drift(wrong=1)),
    ],
)
def test_what_drifted_is_counted_and_set_right(api: Api, damage: Any, drift: Drift) -> None:
    stream_id = _stream(api)
    names = _names()
    before = [_whole(name) for name in names]
    damage(names[0])
    assert _mend(api) == drift
    assert [_whole(name) for name in _names()] == before
    assert _mend(api) == Drift()
    assert schedules(stream_id).keys() == {"0715", "1930"}


@pytest.mark.parametrize("state", [{"is_active": False}, {"is_archived": True}])
def test_a_stream_that_rests_has_no_schedules(api: Api, state: dict[str, bool]) -> None:
    """As after a crash between the change of a stream and what had to follow."""
    stream_id = _stream(api)
    actions = [getattr(StreamItem, name).set(value) for name, value in state.items()]
    StreamItem(api.user_id, StreamItem.at(stream_id)).update(actions=actions)
    assert _mend(api) == Drift(stray=2)
    assert _names() == []


def test_it_starts_with_the_notice_that_the_runbook_shows(api: Api, queues: QueueHand) -> None:
    page = (ROOT / "docs" / "runbook" / "worker-errors.md").read_text()
    (shown,) = re.findall(r"--payload '(.*)'", page)
    app.handler_map["nightly"](json.loads(shown), None)
    assert queues.drain()


def test_the_night_reaches_every_user(api: Api, queues: QueueHand) -> None:
    streams = [_stream(api)]
    others = [Api.for_new_user(f"night{n}@example.org", subscribed=True) for n in range(12)]
    for other in others:
        with other:
            streams.append(_stream(other))
    queues.drain()
    expected = _names()
    for name in expected:
        if name.endswith("-0715"):
            _missing(name)
    _night(queues)
    assert _names() == expected
    assert len(expected) == 2 * len(streams)


def test_schedules_of_a_user_who_is_gone_go_too(api: Api, queues: QueueHand) -> None:
    _stream(api)
    kept = _names()
    with Api.for_new_user("gone@example.org", subscribed=True) as other:
        _stream(other)
        queues.drain()
        for row in rows(other.user_id, "account", "stream"):
            row.delete()
    assert len(_names()) == 4
    _night(queues)
    assert _names() == kept


def test_what_is_no_streams_schedule_is_let_be(api: Api, queues: QueueHand) -> None:
    _stream(api)
    name = f"digest-{api.user_id}"
    aws.client("scheduler").create_schedule(**(_whole(_names()[0]) | {"Name": name}))
    _night(queues)
    assert name in _names()


def test_one_part_that_fails_holds_up_no_other() -> None:
    done: list[int] = []

    def breaks(_user_id: int) -> None:
        raise LookupError("on purpose")

    with pytest.raises(ReconcileFailed, match="first"):
        reconcile(7, {"first": breaks, "second": done.append})
    assert done == [7]


def test_a_follow_up_without_a_kind_is_still_taken(api: Api, queues: QueueHand) -> None:
    stream_id = _stream(api)
    for name in _names():
        _missing(name)
    queues.send("keep_up", json.dumps({"user_id": api.user_id, "stream_id": stream_id}))
    queues.drain()
    assert schedules(stream_id).keys() == {"0715", "1930"}
