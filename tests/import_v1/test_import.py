"""The sample export of v1, imported and read back through the API."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chalicelib.auth import keys, users
from chalicelib.auth.table import ApiKeyItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.adding_up import add_up
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tools.import_v1.__main__ import main
from tools.import_v1.mapping import rows_of
from tools.import_v1.reading import read
from tools.packaging.tree import ROOT

SAMPLE = ROOT / "tools" / "import_v1" / "sample"
KEY = "ctgo_" + "Sample00" * 5
USER = 4101


@pytest.fixture
def imported(aws: str) -> None:
    assert main([str(SAMPLE)]) == 0


@pytest.mark.usefixtures("imported")
class TestThroughTheApi:
    """An old key opens what its owner had."""

    def test_the_key_keeps_working(self) -> None:
        with Api(KEY) as api:
            me = api.get("/me").json_body
        assert (me["name"], me["subscriptionStatus"]) == ("Noor Haddad", "active")
        assert me["credits"]["balance"] == 9
        assert [account["tier"] for account in me["accounts"]] == ["pro"]

    def test_a_search_with_accounts_is_a_stream(self) -> None:
        with Api(KEY) as api:
            streams = api.get("/streams").json_body["streams"]
            segments = api.get("/segments").json_body["segments"]
        assert [stream["id"] for stream in streams] == [77]
        assert streams[0]["syncTimes"] == ["07:15", "18:00"]
        assert streams[0]["timezone"] == "Europe/Lisbon"
        assert [pair["accountId"] for pair in streams[0]["pairs"]] == [31, 32]
        assert sorted(segment["id"] for segment in segments) == [77, 78]

    def test_people_are_new_leads(self) -> None:
        with Api(KEY) as api:
            found = api.get("/leads").json_body
        assert found["total"] == 2
        assert [lead["matchConfidence"] for lead in found["leads"]] == ["medium", "high"]
        assert all(lead["exportedAt"] is None for lead in found["leads"])
        assert found["leads"][0]["feedback"]["badReason"] == "wrong_job"

    def test_a_lead_can_be_exported_and_judged(self) -> None:
        with Api(KEY) as api:
            lead = api.get("/leads").json_body["leads"][0]
            assert api.post(f"/leads/{lead['id']}/export").status_code == 200
            said = api.post(f"/leads/{lead['id']}/feedback", {"segmentId": 77, "feedback": "good"})
            assert said.status_code == 200
            assert api.get("/leads").json_body["total"] == 1

    def test_runs_are_told(self) -> None:
        with Api(KEY) as api:
            (run,) = api.get("/streams/77/runs").json_body["runs"]
            assert api.get(f"/streams/77/runs/{run['id']}").status_code == 200
        assert run["status"] == "succeeded"
        assert [line["message"] for line in run["progressLog"]] == [
            "61 new followers read",
            "1 lead",
        ]
        assert {line["timestamp"] for line in run["progressLog"]} == {"2025-11-03T09:30:00Z"}

    def test_templates(self) -> None:
        with Api(KEY) as api:
            assert len(api.get("/dm-templates").json_body["templates"]) == 1

    def test_streams_get_their_schedules(self, queues: QueueHand) -> None:
        assert queues.drain() >= 1

    def test_credits_can_be_held(self) -> None:
        assert UserItem.get(USER, SELF).to_dynamodb_dict()["holds"] == {"M": {}}


def test_twice_is_once(imported: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SAMPLE)]) == 0
    assert "users that were through: 2" in capsys.readouterr().out
    with Api(KEY) as api:
        assert api.get("/leads?summary=true").json_body == {"highFitCount": 1, "mediumFitCount": 1}


def test_an_address_that_is_somebody_elses(aws: str, capsys: pytest.CaptureFixture[str]) -> None:
    there = users.create("Noor@orbitdesk.example", "Noor")
    assert main([str(SAMPLE)]) == 1
    assert "users.jsonl:1: email belongs to another user of v2" in capsys.readouterr().out
    assert UserItem.find(USER, SELF) is None
    assert UserItem.find(4102, SELF) is not None
    assert users.by_email("noor@orbitdesk.example").user_id == there.user_id


@pytest.mark.usefixtures("imported")
def test_credits_add_up() -> None:
    assert UserItem.get(USER, SELF).credits == 9
    assert add_up(USER) == add_up(4102) == 0


def test_a_dry_run_writes_nothing(aws: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(SAMPLE), "--dry-run"]) == 0
    assert "Lead           2" in capsys.readouterr().out
    assert UserItem.find(USER, SELF) is None


def test_bad_lines_are_listed_and_left_out(
    aws: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(SAMPLE, tmp_path / "export")
    with (folder / "people_of_interest.jsonl").open("a") as people:
        people.write("no json\n")
        people.write(json.dumps({"id": 9003, "userId": USER, "matchConfidence": "some"}) + "\n")
    with (folder / "saved_searches.jsonl").open("a") as searches:
        row = {"id": 79, "userId": USER, "description": "x", "createdAt": "2025-11-05T00:00:00Z"}
        searches.write(json.dumps({**row, "assignedAccountIds": [999]}) + "\n")
        searches.write(json.dumps({**row, "userId": 5, "id": 80}) + "\n")
    assert main([str(folder)]) == 1
    said = capsys.readouterr().out
    assert "people_of_interest.jsonl:3" in said
    assert "people_of_interest.jsonl:4: trackedAccountId Field required" in said
    assert "saved_searches.jsonl:3: names account 999, which is not there" in said
    assert "saved_searches.jsonl:4: is of user 5, who is not there" in said
    with Api(KEY) as api:
        assert api.get("/leads").json_body["total"] == 2


def test_a_key_by_its_digest(aws: str) -> None:
    assert keys.is_well_formed(KEY)
    (user, _) = read(SAMPLE).users.values()
    stored = [row for each in rows_of(user, "pepper", {}).removable for row in each.rows]
    found = [row.digest for row in stored if isinstance(row, ApiKeyItem)]
    assert found == [keys.digest(KEY, "pepper")]
