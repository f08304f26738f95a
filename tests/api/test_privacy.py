"""Erasing people, exporting and deleting a user, over HTTP and the queues behind it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine

from bench.trips import counted
from chalicelib import aws, db, wiring
from chalicelib.accounts.table import AccountItem
from chalicelib.auth import sessions
from chalicelib.enrichment.table import EVERYBODY, ContactItem
from chalicelib.leads.table import LeadItem
from chalicelib.privacy import exporting, jobs, retention
from chalicelib.privacy.sections import KINDS, workspace_rows
from chalicelib.privacy.table import PENDING
from chalicelib.runs.audience import BatchItem, FollowerItem
from chalicelib.settings import settings
from chalicelib.suppression import SuppressedItem, among
from chalicelib.workspace import WorkspaceItem
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.finder_world import FinderWorld, finder_world
from tests.pipeline.killer import Killed, Killer, watching
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS, MATCHING


@pytest.fixture
def finders(monkeypatch: pytest.MonkeyPatch) -> Iterator[FinderWorld]:
    with finder_world(monkeypatch) as world:
        yield world


def _found(api: Api, queues: QueueHand, **fields: Any) -> int:
    stream_id = int(api.create_stream(runNow=True, **fields)["id"])
    queues.drain()
    return stream_id


def _judged_again(api: Api, queues: QueueHand) -> int:
    """Another stream, for which all who were read before are judged."""
    stream_id = int(api.create_stream(name="Another")["id"])
    assert api.post(f"/streams/{stream_id}/re-test").status_code == 202
    queues.drain()
    return stream_id


def _leads(api: Api, stream_id: int, *, everybody: bool = False) -> list[dict[str, Any]]:
    more = "&includeUnmatched=true&lifecycle=all" if everybody else ""
    return list(api.get(f"/streams/{stream_id}/leads?limit=500{more}").json_body["leads"])


def _stored(*needles: str) -> dict[str, list[str]]:
    """The tables in which one of these words stands, with the keys of the rows."""
    client = db.connection().client
    found: dict[str, list[str]] = {}
    for table in client.list_tables()["TableNames"]:
        for page in client.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                text = _text(item)
                if any(needle in text for needle in needles):
                    found.setdefault(table.removeprefix(settings().resource("")), []).append(text)
    return found


def _text(item: dict[str, Any]) -> str:
    import zlib

    words = []
    for value in item.values():
        raw = value.get("B")
        if raw is None:
            words.append(json.dumps(value))
            continue
        try:
            words.append(zlib.decompress(raw).decode())
        except zlib.error:
            words.append(repr(raw))
    return " ".join(words)


class TestErasingAPerson:
    def test_nothing_is_left_but_a_hash_and_no_run_finds_them_again(
        self, api: Api, queues: QueueHand, finders: FinderWorld, x_world: Server
    ) -> None:
        first = _found(api, queues, csvEmailRecipients={"to": "a@b.example", "format": "csv"})
        second = _judged_again(api, queues)
        lead = _leads(api, first)[0]
        x_user_id, handle = lead["profile"]["xUserId"], lead["profile"]["handle"]
        finders.hunter_finds("them@there.example")
        for whom in ({"x_handle": handle}, {"x_profile_id": x_user_id}):
            asked = {**whom, "requested_outputs": ["email"]}
            assert api.post("/lookups/enrich", asked).status_code == 200
        body = {"requested_outputs": ["linkedin_url"]}
        assert api.post(f"/leads/{lead['id']}/enrich", body).status_code == 200
        segment = {"segmentId": lead["segmentId"], "feedback": "good"}
        assert api.post(f"/leads/{lead['id']}/feedback", segment).status_code == 200
        queues.drain()
        assert {"leads", "batches", "followers"} <= _stored(x_user_id, handle).keys()

        answer = api.delete(f"/leads/{lead['id']}")
        assert (answer.status_code, answer.json_body) == (
            202,
            {"erased": True, "leadId": lead["id"]},
        )
        assert lead["id"] not in [each["id"] for each in _leads(api, first)]
        queues.drain(twice=True)
        for stream_id in (first, second):
            found = api.get(f"/streams/{stream_id}/leads?limit=500").json_body
            assert found["total"] == len(found["leads"]) == MATCHING - 1
            everybody = _leads(api, stream_id, everybody=True)
            assert x_user_id not in [each["profile"]["xUserId"] for each in everybody]
        assert api.get("/lookups/enrich/history").json_body["total"] == 0
        # Answers that wait for a retry with the same key go within 24 hours.
        assert _stored(x_user_id, handle).keys() <= {"idempotency"}
        assert among(api.user_id, [x_user_id, "1"]) == {x_user_id}

        x_world.world.grow("orbitdesk", 3)
        api.post(f"/streams/{first}/run")
        queues.drain()
        api.post(f"/streams/{first}/re-test")
        queues.drain()
        run = api.get(f"/streams/{first}/runs").json_body["runs"][0]
        assert run["status"] == "succeeded"
        everybody = _leads(api, first, everybody=True)
        assert len(everybody) > FOLLOWERS / 2
        assert x_user_id not in [each["profile"]["xUserId"] for each in everybody]
        assert _stored(x_user_id, handle).keys() <= {"idempotency"}

    def test_a_new_stream_does_not_find_them_either(self, api: Api, queues: QueueHand) -> None:
        stream_id = _found(api, queues)
        lead = _leads(api, stream_id)[0]
        api.delete(f"/leads/{lead['id']}")
        queues.drain()
        again = _judged_again(api, queues)
        handles = [each["profile"]["handle"] for each in _leads(api, again, everybody=True)]
        assert lead["profile"]["handle"] not in handles
        assert len(_leads(api, again)) == MATCHING - 1

    def test_who_is_erased_by_one_user_stays_with_another(
        self, api: Api, free_api: Api, queues: QueueHand
    ) -> None:
        mine = _found(api, queues)
        theirs = free_api.post(
            "/streams",
            {
                "pairs": [
                    {
                        "accountHandle": "orbitdesk",
                        "segment": {"description": "software engineers and founders"},
                    }
                ],
                "runNow": True,
            },
        ).json_body["id"]
        queues.drain()
        lead = _leads(api, mine)[0]
        api.delete(f"/leads/{lead['id']}")
        queues.drain()
        kept = {each["profile"]["handle"]: each for each in _leads(free_api, theirs)}
        assert lead["profile"]["handle"] in kept
        other_id = kept[lead["profile"]["handle"]]["id"]
        assert api.delete(f"/leads/{other_id}").json_body["code"] == "lead_not_found"
        assert api.delete(f"/leads/{lead['id']}").status_code == 404
        assert api.delete("/leads/abc").status_code == 404
        assert _stored(lead["profile"]["xUserId"])

    def test_round_trips(self, api: Api, queues: QueueHand) -> None:
        stream_id = _found(api, queues)
        lead = _leads(api, stream_id)[0]
        with counted() as calls:
            assert api.delete(f"/leads/{lead['id']}").status_code == 202
        assert len(calls) == 4, calls

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_worker_that_dies_at_any_call(self, api: Api, queues: QueueHand, when: str) -> None:
        stream_id = _found(api, queues)
        leads = _leads(api, stream_id)
        job, at = None, 0
        for lead in leads:
            at += 1
            killer = Killer(when, at)
            job = jobs.ErasePerson(user_id=api.user_id, x_user_id=lead["profile"]["xUserId"])
            try:
                with watching(killer):
                    _take(job)
            except Killed:
                _take(job)
                assert _stored(job.x_user_id) == {}
            else:
                break
        else:
            pytest.fail("more calls than leads")
        assert at > 8
        found = api.get(f"/streams/{stream_id}/leads?limit=500").json_body
        assert found["total"] == len(found["leads"]) == MATCHING - at


def _take(job: Any) -> None:
    from chalicelib.queues import Message

    message = Message(job.model_dump_json(), is_repeat=False, is_last=False, until=0)
    wiring.caretaker().take(message)


class TestExport:
    def test_everything_comes_in_files(self, api: Api, queues: QueueHand) -> None:
        nothing = api.get("/me/export").json_body
        assert (nothing["status"], nothing["files"]) == ("none", [])
        stream_id = _found(
            api,
            queues,
            webhookUrl="https://8.8.8.8/hook",
        )
        api.post("/dm-templates", {"name": "Hello", "messageBody": "Hi"})
        asked = api.post("/me/export")
        assert (asked.status_code, asked.json_body["status"]) == (202, "pending")
        assert api.post("/me/export").json_body == asked.json_body
        export = exporting.newest(api.user_id)
        assert export is not None
        job = jobs.ExportUser(user_id=api.user_id, export_id=export.export_id)
        _take(job)
        _take(job)  # twice: the same part
        queues.drain(twice=True)
        ready = api.get("/me/export").json_body
        assert ready["status"] == "ready"
        assert ready["expiresAt"] > ready["readyAt"]
        with time_machine.travel(ready["expiresAt"]):
            assert api.get("/me/export").json_body == nothing
        rows = [row for file in ready["files"] for row in _lines(file["url"])]
        kinds = {row["type"] for row in rows}
        assert {
            *("user", "account", "segment", "stream", "stats", "template", "apikey"),
            *("run", "lead"),
        } <= kinds
        leads = [row for row in rows if row["type"] == "lead"]
        shown = _leads(api, stream_id, everybody=True)
        assert {row["lead_id"] for row in leads} == {each["id"] for each in shown}
        assert leads[0]["profile"]["handle"]
        text = json.dumps(rows)
        assert "whsec_" not in text
        assert "webhook_secret" not in text
        (user,) = (row for row in rows if row["type"] == "user")
        assert user["email"] == "noor@orbitdesk.example"

    def test_contacts_are_in_it_with_source_and_time(
        self, api: Api, queues: QueueHand, finders: FinderWorld
    ) -> None:
        stream_id = _found(api, queues)
        finders.pdl_finds(work_email="them@there.example")
        body = {"requested_outputs": ["email"]}
        lead = _leads(api, stream_id)[0]
        assert api.post(f"/leads/{lead['id']}/enrich", body).status_code == 200
        assert api.post("/lookups/enrich", {"x_handle": "person_001", **body}).status_code == 200
        api.post("/me/export")
        export = exporting.newest(api.user_id)
        assert export is not None
        _take(jobs.ExportUser(user_id=api.user_id, export_id=export.export_id))
        queues.drain()
        files = api.get("/me/export").json_body["files"]
        rows = [row for file in files for row in _lines(file["url"])]
        (row,) = (each for each in rows if each.get("lead_id") == lead["id"])
        assert row["enrichment"]["email"] == "them@there.example"
        told = {
            "source": "people_data_labs",
            "foundAt": row["enrichment"]["sources"]["email"]["foundAt"],
        }
        assert row["enrichment"]["sources"] == {"email": told}
        (shown,) = (each for each in _leads(api, stream_id) if each["id"] == lead["id"])
        assert shown["contactSources"]["email"]["source"] == "people_data_labs"
        (lookup,) = (each for each in rows if each["type"] == "lookup")
        found = lookup["result"]["email"]
        assert (found["address"], found["provider"]) == ("them@there.example", told["source"])
        assert lookup["created_at"] >= lead["discoveredAt"]

    def test_parts_go_on_where_the_last_one_ended(self, api: Api, queues: QueueHand) -> None:
        _found(api, queues)
        api.post("/me/export")
        while (export := exporting.newest(api.user_id)) and export.status == PENDING:
            job = jobs.ExportUser(user_id=api.user_id, export_id=export.export_id, part=export.part)
            exporting.write_part(job, wiring.storage(), most_rows=20)
        ready = api.get("/me/export").json_body
        parts = [file for file in ready["files"] if "leads" in file["name"]]
        assert len(parts) > 1
        ids = [row["lead_id"] for file in parts for row in _lines(file["url"]) if "lead_id" in row]
        assert len(ids) == len(set(ids)) > MATCHING

    def test_another_user_gets_nothing_of_it(self, api: Api, free_api: Api) -> None:
        api.post("/me/export")
        assert free_api.get("/me/export").json_body["status"] == "none"


def _lines(url: str) -> list[dict[str, Any]]:
    raw = gzip.decompress(httpx.get(url).raise_for_status().content)
    return [json.loads(line) for line in raw.splitlines()]


def test_every_kind_of_row_of_a_workspace_can_be_read() -> None:
    assert set(WorkspaceItem.__subclasses__()) == set(KINDS)


class TestDeletingAUser:
    def test_nothing_is_left(
        self, api: Api, free_api: Api, queues: QueueHand, finders: FinderWorld
    ) -> None:
        stream_id = _found(
            api,
            queues,
            webhookUrl="https://8.8.8.8/hook",
            syncTimes=["07:15"],
        )
        finders.hunter_finds("them@there.example")
        api.post("/lookups/enrich", {"x_handle": "person_001", "requested_outputs": ["email"]})
        hook = {"targetUrl": "https://8.8.4.4/hook", "filterConfig": {"sourceType": "liker"}}
        assert api.post("/webhooks/subscribe", hook).status_code == 201
        api.delete(f"/leads/{_leads(api, stream_id)[0]['id']}")
        api.post("/me/export")
        queues.drain()
        session, token = sessions.new(api.user_id, datetime.now(UTC))
        session.save()
        free_stream = free_api.get("/streams").json_body
        assert _mentions(api.user_id)

        answer = api.delete("/me")
        assert (answer.status_code, answer.json_body) == (202, {"deleting": True})
        assert api.get("/me").json_body["code"] == "invalid_api_key"
        assert Api(None, session=token).get("/me").status_code == 401
        queues.drain(twice=True)
        _take(jobs.EraseUser(user_id=api.user_id, is_second=True))
        assert _mentions(api.user_id) == set()
        scheduler = aws.client("scheduler")
        for group in ("streams", "digests"):
            names = [
                each["Name"]
                for each in scheduler.list_schedules(GroupName=settings().resource(group))[
                    "Schedules"
                ]
            ]
            assert not [name for name in names if name.startswith(str(api.user_id))]
        files = aws.client("s3").list_objects_v2(Bucket=settings().files_bucket)
        assert files.get("KeyCount", 0) == 0
        assert free_api.get("/streams").json_body == free_stream
        with Api.for_new_user("noor@orbitdesk.example", subscribed=False) as again:
            assert again.user_id != api.user_id
            assert again.get("/streams").json_body == {"streams": []}

    def test_so_are_contacts_that_no_lead_shows_any_more(
        self, api: Api, queues: QueueHand, finders: FinderWorld
    ) -> None:
        lead = _leads(api, _found(api, queues))[0]
        finders.pdl_finds(work_email="them@there.example")
        asked = f"/leads/{lead['id']}/enrich", {"requested_outputs": ["email"]}
        assert api.post(*asked).json_body["result"]["ok"]
        # The person had the address removed, which another user's look-up learned.
        ContactItem(lead["profile"]["xUserId"], EVERYBODY, is_claimed=True).save()
        assert not api.post(*asked).json_body["result"]["ok"]
        assert api.delete("/me").status_code == 202
        queues.drain(twice=True)
        assert [row.user_id for row in ContactItem.scan()] == [EVERYBODY]

    @pytest.mark.usefixtures("aws", "x_world")
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_worker_that_dies_at_any_call(self, queues: QueueHand, when: str) -> None:
        at = 1
        while True:
            with Api.for_new_user(f"user{at}@example.org", subscribed=True) as api:
                _found(api, queues)
                job, killer = jobs.EraseUser(user_id=api.user_id), Killer(when, at)
                try:
                    with watching(killer):
                        _take(job)
                except Killed:
                    _take(job)
                    _take(job)
                    assert _mentions(api.user_id) == set(), killer.calls
                    at += 5
                else:
                    break
        assert at > 25

    def test_a_browser_must_come_from_our_origin(self, api: Api) -> None:
        session, token = sessions.new(api.user_id, datetime.now(UTC))
        session.save()
        web = Api(None, session=token)
        refused = web.request("DELETE", "/me", headers={"Origin": "https://evil.example"})
        assert (refused.status_code, refused.json_body["code"]) == (403, "bad_origin")
        assert api.get("/me").status_code == 200


def _mentions(user_id: int) -> set[str]:
    """The tables in which something belongs to the user, as far as it does not go by itself."""
    client, found = db.connection().client, set()
    with_time = {"idempotency", "sign-in", "paces"}
    for table in client.list_tables()["TableNames"]:
        name = table.removeprefix(settings().resource(""))
        for page in client.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                if name not in with_time and str(user_id) in json.dumps(item, default=str):
                    found.add(name)
    return found


class TestRetention:
    def test_what_is_old_goes_and_the_rest_stays(
        self,
        api: Api,
        queues: QueueHand,
        finders: FinderWorld,
        x_world: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC)) as clock:
            stream_id = _found(api, queues)
            finders.hunter_finds("them@there.example")
            asked = {"x_handle": "person_001", "requested_outputs": ["email"]}
            assert api.post("/lookups/enrich", asked).status_code == 200
            assert retention.expire(api.user_id) == 0
            clock.shift(timedelta(days=31))
            x_world.world.grow("orbitdesk", 80)
            api.post(f"/streams/{stream_id}/run")
            queues.drain()
            young = api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]
            assert young["candidatesPassedCount"] > 0
            monkeypatch.setenv("RETENTION_DAYS", "30")
            settings.cache_clear()
            try:
                for _ in range(2):
                    retention.expire(api.user_id)
            finally:
                monkeypatch.undo()
                settings.cache_clear()
            found = api.get(f"/streams/{stream_id}/leads?limit=500").json_body
            assert found["total"] == len(found["leads"]) == young["candidatesPassedCount"]
            assert api.get("/lookups/enrich/history").json_body["total"] == 0
            assert list(ContactItem.scan()) == []
            account = next(
                row for row in workspace_rows(api.user_id) if isinstance(row, AccountItem)
            )
            batches = list(BatchItem.query(account.account_id))
            profiles = sum(len(batch.profiles) for batch in batches)
            assert profiles == young["newFollowersCount"]
            known = len(list(FollowerItem.query(account.account_id)))
            assert known == FOLLOWERS + young["newFollowersCount"]
            api.post(f"/streams/{stream_id}/re-test")
            queues.drain()
            assert api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]["status"] == (
                "succeeded"
            )

    def test_every_night_does_it(self, api: Api) -> None:
        assert "retention" in wiring.caretaker().parts
        assert wiring.caretaker().parts["retention"](api.user_id) == 0


def test_hashes_differ_by_user_and_say_nothing(api: Api) -> None:
    from chalicelib.suppression import row_of

    one, other = row_of(1, "5005"), row_of(2, "5005")
    assert one.digest != other.digest
    assert "5005" not in one.digest
    assert SuppressedItem.count(api.user_id) == 0
    assert LeadItem.count(0) == 0
