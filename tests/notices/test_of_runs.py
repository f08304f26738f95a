"""What people are told of a run, end to end: from a sync to the mail or message."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import httpx
from openpyxl import load_workbook

from chalicelib import wiring
from chalicelib.exports.sheet import COLUMNS
from chalicelib.notices.sheets import letter_with
from chalicelib.runs.found import leads_of
from chalicelib.runs.starting import own
from chalicelib.runs.table import RunItem
from localdev.telegram import Chats
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.mails import Post
from tests.queue_hand import QueueHand
from tests.worlds import MATCHING

TO = {"to": ["ops@tidewater.example"], "cc": ["boss@tidewater.example"], "format": "csv"}
QUIET = {"emailDigest": "off"}


def _run(api: Api, queues: QueueHand, **fields: Any) -> int:
    api.put("/notification-settings", QUIET)
    stream_id = int(api.create_stream(name="Builders, Ünited", runNow=True, **fields)["id"])
    queues.drain()
    return stream_id


def _again(api: Api, queues: QueueHand, x_world: Server, stream_id: int) -> None:
    assert api.post(f"/streams/{stream_id}/run").status_code == 202
    queues.drain()


def _leads(api: Api, stream_id: int) -> list[dict[str, Any]]:
    return list(api.get(f"/streams/{stream_id}/leads?limit=500").json_body["leads"])


def _protect(x_world: Server) -> None:
    """From now on nobody reads the followers of the account."""
    change = {"handle": "orbitdesk", "protected": True}
    httpx.post(f"{x_world.url}/_control/profile", json=change).raise_for_status()


def _csv(post: Post) -> list[dict[str, str]]:
    file = post.attachment()
    assert file is not None
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    return list(csv.DictReader(StringIO(content.decode(), newline="")))


class TestSheet:
    def test_the_leads_of_a_run_as_csv(self, api: Api, queues: QueueHand, post: Post) -> None:
        stream_id = _run(api, queues, csvEmailRecipients=TO)
        assert post.subjects == [f"{MATCHING} new leads in Builders, Ünited"]
        assert post.mails[0]["To"] == "ops@tidewater.example"
        assert post.mails[0]["Cc"] == "boss@tidewater.example"
        assert post.mails[0]["Reply-To"] == "noor@orbitdesk.example"
        assert post.raw[0]["Destinations"] == TO["to"] + TO["cc"]
        file = post.attachment()
        assert file is not None
        assert file.get_content_type() == "text/csv"
        assert str(file.get_filename()).startswith("builders-united-20")
        rows = {row["id"]: row for row in _csv(post)}
        run = api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]
        for lead in _leads(api, stream_id):
            row = rows.pop(str(lead["id"]))
            assert tuple(row) == COLUMNS
            assert row["streamId"] == str(stream_id)
            assert row["streamName"] == "Builders, Ünited"
            assert row["runId"] == str(run["id"])
            assert row["accountHandle"] == "orbitdesk"
            assert row["segmentId"] == str(lead["segmentId"])
            assert row["matchConfidence"] == lead["matchConfidence"]
            assert row["sourceType"] == "existing_follower"
            assert row["discoveredAt"] == lead["discoveredAt"]
            assert row["exportedAt"] == ""
            profile = lead["profile"]
            assert row["xUserId"] == profile["xUserId"]
            assert row["handle"] == profile["handle"]
            assert row["displayName"] == profile["displayName"]
            assert row["bio"] == profile["bio"]
            assert row["followerCount"] == str(profile["followerCount"])
            assert row["followerCountTier"] == lead["followerCountTier"]
            assert row["gender"] == lead["gender"]
            named = [label for labels in lead["labels"].values() for label in labels]
            assert row["labels"].split("; ") == named
            assert row["reasons"] == "; ".join(lead["reasons"])
            assert (row["linkedinUrl"], row["email"], row["emailStatus"]) == ("", "", "")
        assert rows == {}

    def test_the_same_as_a_workbook(self, api: Api, queues: QueueHand, post: Post) -> None:
        stream_id = _run(api, queues, csvEmailRecipients={**TO, "format": "xlsx"})
        file = post.attachment()
        assert file is not None
        assert str(file.get_filename()).endswith(".xlsx")
        book = load_workbook(BytesIO(file.get_payload(decode=True)))  # type: ignore[arg-type]
        head, *rows = book["Leads"].iter_rows(values_only=True)
        assert head == COLUMNS
        ids = {str(lead["id"]): lead["profile"]["xUserId"] for lead in _leads(api, stream_id)}
        assert {row[0]: row[COLUMNS.index("xUserId")] for row in rows} == ids
        numbers = {cell for row in rows for cell in row if isinstance(cell, int | float)}
        assert max(numbers) < 10**15  # spreadsheet programs round what is longer

    def test_a_repeated_run_and_repeated_messages_mail_nothing_twice(
        self, api: Api, queues: QueueHand, post: Post, x_world: Server
    ) -> None:
        api.put("/notification-settings", QUIET)
        stream_id = api.create_stream(csvEmailRecipients=TO, runNow=True)["id"]
        queues.drain(twice=True, reverse=True)
        assert len(post.raw) == 1
        _again(api, queues, x_world, stream_id)  # nobody new: nothing to say
        assert len(post.raw) == 1

    def test_nobody_asked_nothing_mailed(self, api: Api, queues: QueueHand, post: Post) -> None:
        _run(api, queues)
        assert post.raw == []

    def test_a_large_file_goes_by_a_link(self, api: Api, queues: QueueHand) -> None:
        stream_id = _run(api, queues, csvEmailRecipients=TO)
        run = next(iter(RunItem.query(stream_id)))
        user, stream = own(api.user_id, stream_id)
        letter = letter_with(
            list(leads_of(run)), user, stream, run, wiring.storage(), largest=1_000
        )
        assert letter.attachment is None
        link = next(line for line in letter.text.split() if "/files?token=" in line)
        path = link.partition("/api/v2")[2]
        answer = Api(None).get(path)
        assert answer.status_code == 303
        file = httpx.get(answer.headers["Location"])
        assert file.status_code == 200
        assert file.headers["content-type"] == "text/csv"
        assert "attachment" in file.headers["content-disposition"]
        assert len(list(csv.DictReader(StringIO(file.text, newline="")))) == MATCHING
        forged = Api(None).get(path[:-3] + "abc")
        assert (forged.status_code, forged.json_body["code"]) == (400, "link_invalid")


class TestDigest:
    def test_after_every_sync(self, api: Api, queues: QueueHand, post: Post) -> None:
        _run(api, queues, emailDigestOverride="after_every_sync")
        assert post.subjects == [f"{MATCHING} new leads in Builders, Ünited"]
        assert str(post.mails[0]["To"]) == "noor@orbitdesk.example"
        assert "among the followers of @orbitdesk" in post.text()
        assert post.text().count("https://x.com/person_") == 10
        assert f"And {MATCHING - 10} more." in post.text()
        assert post.html().count('href="https://x.com/person_') == 20

    def test_the_stream_wins_over_the_team(self, api: Api, queues: QueueHand, post: Post) -> None:
        api.put("/notification-settings", {"emailDigest": "after_every_sync"})
        api.create_stream(emailDigestOverride="off", runNow=True)
        queues.drain()
        assert post.raw == []
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            other.put("/notification-settings", {"emailDigest": "after_every_sync"})
            other.create_stream(runNow=True)
            queues.drain()
        assert len(post.raw) == 1


class TestFailure:
    def test_a_failed_run_is_told_once_a_stream_and_day(
        self, api: Api, queues: QueueHand, post: Post, x_world: Server
    ) -> None:
        stream_id = api.create_stream(name="Builders", syncTimes=["08:00"])["id"]
        _protect(x_world)
        for _ in range(2):
            _again(api, queues, x_world, stream_id)
        runs = api.get(f"/streams/{stream_id}/runs").json_body["runs"]
        assert [run["status"] for run in runs] == ["failed", "failed"]
        assert post.subjects == ["A run of Builders failed"]
        assert "@orbitdesk" in post.text()
        assert runs[0]["errorMessage"] in post.text()

    def test_not_for_who_does_not_want_it(
        self, api: Api, queues: QueueHand, post: Post, x_world: Server
    ) -> None:
        api.put("/notification-settings", {"runFailureAlerts": False})
        stream_id = api.create_stream()["id"]
        _protect(x_world)
        _again(api, queues, x_world, stream_id)
        assert post.raw == []


def test_telegram(api: Api, queues: QueueHand, post: Post, chats: Chats) -> None:
    api.put("/notification-settings", {"telegramEnabled": True, "telegramChatId": "-100200"})
    _run(api, queues)
    (message,) = chats.messages
    assert message["chat_id"] == "-100200"
    assert message["parse_mode"] == "HTML"
    first, second, *_ = message["text"].splitlines()
    assert first == f"<b>{MATCHING} new leads</b> in Builders, Ünited"
    assert "among the followers of @orbitdesk" in second
    assert message["text"].count('<a href="https://x.com/person_') == 8
