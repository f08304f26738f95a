"""An import that meets what users of v2 are, have, and did since."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib import clock
from chalicelib.accounts.table import AccountItem
from chalicelib.auth import users
from chalicelib.auth.users import SELF, UserItem
from chalicelib.leads.table import TALLY, TallyItem
from chalicelib.segments.table import SegmentItem
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.import_v1 import lines
from tests.import_v1.lines import (
    account,
    api_key,
    feedback,
    got,
    key,
    person,
    run,
    search,
)
from tests.queue_hand import QueueHand
from tools.import_v1.__main__ import main


def test_what_a_user_removed_stays_away(
    folder: Path, queues: QueueHand, capsys: pytest.CaptureFixture[str]
) -> None:
    lines.write(
        folder,
        {
            "people_of_interest": [person(1), person(2)],
            "dm_templates": [lines.template(51, "Hello")],
            "webhooks": [lines.webhook(61)],
            "api_keys": [api_key(11), api_key(12, key=key(12))],
        },
    )
    assert main([str(folder)]) == 0
    with Api(key(1)) as api:
        assert api.delete("/leads/2").status_code == 202
        queues.drain()
        assert api.delete("/dm-templates/51").status_code == 200
        assert api.delete("/webhooks/subscribe", {"id": 61}).status_code == 200
        assert api.delete("/lookups/api-keys/12").status_code == 200
        assert api.delete("/streams/77").status_code == 200
    for arguments in ([str(folder), "--dry-run"], [str(folder)]):
        capsys.readouterr()
        assert main(arguments) == 0
        assert "people who stay away: 1\n" in capsys.readouterr().out
    assert [lead["id"] for lead in got("/leads")["leads"]] == [1]
    assert got("/dm-templates")["templates"] == []
    assert got("/webhooks/subscriptions")["subscriptions"] == []
    assert got("/streams/77")["stream"]["isArchived"] is True
    with Api(key(12)) as api:
        assert api.get("/me").status_code == 401


def test_what_a_user_changed_stays(folder: Path) -> None:
    assert main([str(folder)]) == 0
    with Api(key(1)) as api:
        changed = api.patch("/streams/77", {"syncTimes": ["12:00"]})
        assert changed.status_code == 200, changed.body
        said = api.post("/leads/1/feedback", {"segmentId": 77, "feedback": "good"})
        assert said.status_code == 200
    lines.write(folder, {"feedback": [feedback(1, "bad")]})
    assert main([str(folder)]) == 0
    assert got("/streams/77")["stream"]["syncTimes"] == ["12:00"]
    assert got("/streams/77")["stream"]["precision"] == 1.0
    assert got("/leads")["leads"][0]["feedback"]["feedback"] == "good"


def test_who_deleted_the_account_is_not_brought_back(
    folder: Path, queues: QueueHand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder)]) == 0
    with Api(key(1)) as api:
        assert api.delete("/me").status_code == 202
    queues.drain()
    for arguments in ([str(folder), "--dry-run"], [str(folder)]):
        assert main(arguments) == 0
        assert "users who deleted their account since: 1" in capsys.readouterr().out
    assert UserItem.find(1, SELF) is None
    with Api(key(1)) as api:
        assert api.get("/me").status_code == 401


@pytest.mark.parametrize("arguments", [["--dry-run"], []])
def test_a_number_that_somebody_else_has(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    other = UserItem(1, SELF, email="other@example.org", name="Other", created_at=clock.now())
    other.save()
    assert main([str(folder), *arguments]) == 1
    assert "users.jsonl:1: id belongs to another user of v2" in capsys.readouterr().out
    assert TallyItem.find(77, TALLY) is None


@pytest.mark.parametrize("arguments", [["--dry-run"], []])
def test_an_address_that_somebody_else_has(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    users.create("U1@example.org", "Other")
    assert main([str(folder), *arguments]) == 1
    assert "users.jsonl:1: email belongs to another user of v2" in capsys.readouterr().out
    assert TallyItem.find(77, TALLY) is None


@pytest.mark.parametrize("arguments", [["--dry-run"], []])
def test_a_stream_that_somebody_else_has(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    TallyItem(77, TALLY, user_id=5, rank="~").save()
    assert main([str(folder), *arguments]) == 1
    said = capsys.readouterr().out
    assert "saved_searches.jsonl:1: id belongs to another user's stream" in said
    assert UserItem.find(1, SELF) is None


def test_an_account_that_the_user_added_before_its_line_came(
    folder: Path, x_world: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = lines.user(slots={"starter": 5, "pro": 1})
    lines.write(folder, {"users": [paid], "people_of_interest": []})
    assert main([str(folder)]) == 0
    with Api(key(1), 1) as api:
        (used,) = api.create_stream()["accounts"]
    account_id = used["accountId"]
    on_x = str(AccountItem.get(1, AccountItem.at(account_id)).x_user_id)
    late = [account(31), account(32, xUserId=on_x, handle="orbitdesk")]
    lines.write(folder, {"tracked_accounts": late, "saved_searches": [search(77, [31, 32])]})
    for arguments in ([str(folder), "--dry-run"], [str(folder)], [str(folder)]):
        capsys.readouterr()
        assert main(arguments) == 1
        said = capsys.readouterr().out
        assert "tracked_accounts.jsonl:2: v2 has its X account under another id" in said
        assert "saved_searches.jsonl:1: names account 32, which is not there" in said
    assert {each["id"] for each in got("/accounts")["active"]} == {31, account_id}
    assert [pair["accountId"] for pair in got("/streams/77")["stream"]["pairs"]] == [31]


def test_a_key_that_somebody_else_has(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder)]) == 0
    other = [lines.user(2), api_key(12, 2, key=key(1))]
    lines.write(folder, {"users": [lines.user(1), other[0]], "api_keys": [other[1]]})
    assert main([str(folder)]) == 1
    assert "api_keys.jsonl:1: v2 has one with this id" in capsys.readouterr().out
    assert got("/me")["name"] == "U1"


def test_feedback_is_counted_as_the_api_counts_it(folder: Path) -> None:
    lines.write(folder, {"feedback": [feedback(1, "bad", badReason="bot")]})
    assert main([str(folder)]) == 0
    with Api(key(1)) as api:
        said = api.post("/leads/1/feedback", {"segmentId": 77, "feedback": "good"})
        assert said.status_code == 200
    assert got("/streams/77")["stream"]["precision"] == 1.0
    segment = SegmentItem.get(1, SegmentItem.at(77))
    assert (segment.good, segment.bad) == (1, 0)


def test_two_users_with_one_search_id_do_not_see_each_other(folder: Path) -> None:
    theirs = {"userId": 2, "trackedAccountId": 41}
    wrong = {"userId": 2, "xUserId": "70001"}  # before the line of whose search it is
    lines.write(
        folder,
        {
            "users": [lines.user(1), lines.user(2)],
            "api_keys": [api_key(11), api_key(12, 2)],
            "tracked_accounts": [account(31), account(41, 2)],
            "saved_searches": [search(77, [31]), search(77, [41], 2)],
            "people_of_interest": [person(3, **wrong), person(1), person(2, **theirs)],
            "runs": [run(userId=2), run()],
        },
    )
    assert main([str(folder)]) == 1
    assert [lead["id"] for lead in got("/leads")["leads"]] == [1]
    assert len(got("/runs")["runs"]) == 1
    assert got("/leads", 2)["leads"] == []
