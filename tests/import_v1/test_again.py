"""An import that was killed, or done again, or ran into a fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from chalicelib import aws as clients
from chalicelib import db
from chalicelib.leads.table import TALLY, TallyItem
from tests.api_client import Api
from tests.import_v1 import lines
from tests.import_v1.lines import (
    SCHEDULED,
    account,
    api_key,
    feedback,
    got,
    key,
    person,
    run,
    search,
)
from tests.pipeline.killer import Killed, Killer, watching
from tests.queue_hand import QueueHand
from tools.import_v1.__main__ import main
from tools.import_v1.records import Person


def _all(user_id: int = 1) -> list[Any]:
    """What the API tells of a user, but for the instant that runs come next."""
    streams = got("/streams?includeArchived=true", user_id)["streams"]
    told = [{**each, "nextRunAt": None} for each in streams]
    paths = ("/leads?lifecycle=all", "/runs", "/segments", "/accounts", "/dm-templates")
    return [told, *(got(path, user_id) for path in paths)]


def _of_user(number: int) -> dict[str, list[Any]]:
    """Somebody with something of every kind; no two have an id in common."""
    first = number * 100
    pair = {"userId": number, "trackedAccountId": first, "savedSearchId": first}
    return {
        "users": [lines.user(number)],
        "api_keys": [api_key(first, number)],
        "tracked_accounts": [account(first, number)],
        "saved_searches": [search(first, [first], number)],
        "sync_settings": [{"userId": number, "tier": "starter", "syncTimes": ["07:15"]}],
        "people_of_interest": [person(first + each, **pair) for each in range(45)],
        "feedback": [feedback(first, "good", userId=number, savedSearchId=first)],
        "runs": [run(**pair)],
        "dm_templates": [lines.template(first, "Hello", userId=number)],
    }


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_call_and_begun_again_is_once(
    aws: str, tmp_path: Path, queues: QueueHand, when: str
) -> None:
    for at in range(1, 200):
        number, first = 1000 + at, (1000 + at) * 100
        lines.write(tmp_path, _of_user(number))
        killer = Killer(when, at)
        with suppress(Killed), watching(killer):
            assert main([str(tmp_path)]) == 0
        if len(killer.calls) < at:
            break
        assert main([str(tmp_path)]) == 0
        assert queues.drain() >= 2
        found = got("/leads", number)
        assert found["total"] == 45
        assert len({lead["id"] for lead in found["leads"]}) == 45
        assert sum(TallyItem.get(first, TALLY).counts.as_dict().values()) == 45
        (stream,) = got("/streams", number)["streams"]
        assert (stream["precision"], stream["lastRun"]["status"]) == (1.0, "succeeded")
        assert len(got("/dm-templates", number)["templates"]) == 1
        assert len(got("/runs", number)["runs"]) == 1
    assert at > 20
    assert len(clients.client("scheduler").list_schedules()["Schedules"]) == 2 * (at - 1)


def test_a_mended_line_comes_with_the_next_import(folder: Path) -> None:
    whole = {
        "tracked_accounts": [account(31), account(32)],
        "saved_searches": [search(77, [31, 32]), search(78)],
        "people_of_interest": [person(1), person(2), person(3, trackedAccountId=32)],
        "runs": [run(), run(trackedAccountId=32, triggeredAt="2025-11-02T09:30:00Z")],
        "feedback": [feedback(1, "good"), feedback(2, "bad")],
        "dm_templates": [lines.template(51, "Hello"), lines.template(52, "Bye")],
        "webhooks": [lines.webhook(61), lines.webhook(62)],
        "api_keys": [api_key(11), api_key(12, key=key(12))],
    } | SCHEDULED
    torn = {name: [b"bad", *found[1:]] for name, found in whole.items()}
    torn["saved_searches"] = whole["saved_searches"]
    torn["api_keys"] = [whole["api_keys"][0], b"bad"]
    assert main([str(lines.write(folder, torn))]) == 1
    assert main([str(lines.write(folder, whole))]) == 0
    once = _all()
    (stream, *others) = got("/streams")["streams"]
    assert others == []
    assert [pair["accountId"] for pair in stream["pairs"]] == [31, 32]
    assert stream["syncTimes"] == ["07:15"]
    assert stream["precision"] == 0.5
    assert [lead["id"] for lead in got("/leads")["leads"]] == [3, 2, 1]
    assert len(got("/runs")["runs"]) == 2
    assert len(got("/dm-templates")["templates"]) == 2
    assert len(got("/webhooks/subscriptions")["subscriptions"]) == 2
    assert len(got("/accounts", 12)["active"]) == 2
    assert main([str(folder)]) == 0
    assert _all() == once


@pytest.mark.parametrize("before", [[32], [33, 32], [31, 34]])
def test_pairs_that_come_later_get_numbers_of_their_own(folder: Path, before: list[int]) -> None:
    lines.write(
        folder,
        {
            "tracked_accounts": [account(each) for each in (31, 32, 33, 34)],
            "saved_searches": [search(77, before)],
        },
    )
    assert main([str(folder)]) == 0
    first = _pairs()
    lines.write(folder, {"saved_searches": [search(77, [31, 32, 33])]})
    assert main([str(folder)]) == 0
    mended = _pairs()
    assert list(mended) == [31, 32, 33]
    assert {each: first.get(each, mended[each]) for each in mended} == mended
    assert len({*mended.values(), *first.values()}) == len(mended.keys() | first.keys())


def test_pairs_that_come_in_the_place_of_all(folder: Path) -> None:
    numbers = range(100, 200)
    lines.write(folder, {"tracked_accounts": [account(each) for each in numbers]})
    for half in (numbers[:50], numbers[50:]):
        lines.write(folder, {"saved_searches": [search(77, half)], "people_of_interest": []})
        assert main([str(folder)]) == 0
        assert list(_pairs()) == list(half)
        assert len(set(_pairs().values())) == 50


def _pairs() -> dict[int, int]:
    """The pairs of stream 77: their numbers by account."""
    (stream,) = got("/streams")["streams"]
    return {pair["accountId"]: pair["id"] for pair in stream["pairs"]}


def test_schedules_go_where_a_mended_line_takes_them(folder: Path, queues: QueueHand) -> None:
    streams = {"GroupName": "ctgo-test-streams"}
    for times in (["07:15", "18:00"], ["18:00"], []):
        settings = {"userId": 1, "tier": "starter", "syncTimes": times}
        lines.write(folder, {"sync_settings": [settings]})
        assert main([str(folder)]) == 0
        queues.drain()
        found = clients.client("scheduler").list_schedules(**streams)["Schedules"]
        assert len(found) == len(times)


@contextmanager
def _failing_for(user_id: int, fault: BaseException) -> Iterator[None]:
    """DynamoDB takes no row of this user."""

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if f'{{"N": "{user_id}"}}' in str(params["body"]) and "Put" in str(params["headers"]):
            raise fault

    events = db.connection().client.meta.events
    events.register("before-call", refuse)
    try:
        yield
    finally:
        events.unregister("before-call", refuse)


def test_a_fault_of_one_user_does_not_stop_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines.write(
        folder,
        {
            "users": [lines.user(1), lines.user(2), lines.user(3)],
            "api_keys": [api_key(11), api_key(13, 3)],
        },
    )
    with _failing_for(1, OSError("the disk of this user is full")):
        assert main([str(folder)]) == 1
    said = capsys.readouterr().out
    assert "user 1: OSError" in said
    assert "full" not in said
    assert got("/me", 3)["name"] == "U3"
    assert main([str(folder)]) == 0
    assert got("/me")["name"] == "U1"


def test_whoever_stops_it_is_told_that_it_can_go_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _failing_for(1, KeyboardInterrupt()):
        assert main([str(folder)]) == 130
    assert "another run goes on" in capsys.readouterr().err
    assert main([str(folder)]) == 0
    assert got("/me")["name"] == "U1"


def test_people_of_a_search_without_accounts_stay_leads(folder: Path) -> None:
    lines.write(
        folder,
        {
            "saved_searches": [search(77, [31]), search(78)],
            "people_of_interest": [person(1), person(2, savedSearchId=78)],
            "runs": [run(), run(savedSearchId=78)],
        },
    )
    assert main([str(folder)]) == 0
    assert [lead["streamId"] for lead in got("/leads")["leads"]] == [78, 77]
    assert [each["id"] for each in got("/streams")["streams"]] == [77]
    assert got("/streams/78")["stream"]["isArchived"] is True
    assert len(got("/runs")["runs"]) == 2
    assert got("/streams/77")["stream"]["lastRun"]["completedAt"] == lines.AT
    with Api(key(1)) as api:
        assert api.patch("/streams/78", {"isArchived": False}).status_code == 200


def test_the_longest_lines_that_are_taken(folder: Path) -> None:
    people = [
        json.dumps(person(each, bio="é" * 8000), ensure_ascii=False) for each in range(1, 121)
    ]
    written = [each.encode() for each in people]
    assert 15_000 < len(written[0]) < Person.longest
    lines.write(folder, {"people_of_interest": written})
    assert main([str(folder)]) == 0
    assert main([str(folder)]) == 0
    assert got("/leads?limit=1")["total"] == 120


def test_a_log_with_more_lines_than_a_row_holds(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    longest, longer = ([""] * number for number in (1000, 12_000))
    runs = [run(progressLog=longer), run(progressLog=longest, mode="re-test")]
    lines.write(folder, {"runs": runs, "dm_templates": [lines.template(51, "Hello")]})
    assert main([str(folder)]) == 1
    said = capsys.readouterr().out
    assert "left out: 1\n  runs.jsonl:1: progressLog" in said
    assert [len(each["progressLog"]) for each in got("/runs")["runs"]] == [1000]
    assert len(got("/dm-templates")["templates"]) == 1


def test_a_daily_digest_gets_its_schedule(folder: Path, queues: QueueHand) -> None:
    assert main([str(folder)]) == 0
    queues.drain()
    found = clients.client("scheduler").list_schedules()["Schedules"]
    assert sorted(each["GroupName"] for each in found) == ["ctgo-test-digests", "ctgo-test-streams"]
