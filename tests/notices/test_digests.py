"""Digests of a day and of a week, the schedules that bring them, and how they end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import aws, wiring
from chalicelib.notices import rules, taking
from chalicelib.notices.jobs import MailDigest
from chalicelib.notices.unsubscribing import link_to_end
from chalicelib.settings import settings
from chalicelib.streams.digests import follow_digest
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.mails import Post
from tests.queue_hand import QueueHand
from tests.worlds import MATCHING

SUNDAY = datetime(2026, 7, 5, 9, 15, tzinfo=UTC)
NEXT_DAY = datetime(2026, 7, 6, 8, 0, tzinfo=UTC)
"""A Monday."""


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(SUNDAY, tick=True) as traveller:
        yield traveller


def _fire(api: Api, at: datetime) -> None:
    job = MailDigest(user_id=api.user_id, at=at)
    taking.take(job.kind, job.model_dump_json(), wiring.delivery().channels)


def _grow(x_world: Server, api: Api, queues: QueueHand, stream_id: int, count: int) -> int:
    """More followers, read at once; how many of them match."""
    x_world.world.grow("orbitdesk", count)
    assert api.post(f"/streams/{stream_id}/run").status_code == 202
    queues.drain()
    run = api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]
    return int(run["candidatesPassedCount"])


@pytest.mark.usefixtures("aws", "clock")
class TestDaily:
    def test_each_lead_is_in_one_digest(
        self,
        api: Api,
        queues: QueueHand,
        post: Post,
        x_world: Server,
        clock: time_machine.Traveller,
    ) -> None:
        stream_id = api.create_stream(name="Builders", runNow=True)["id"]
        queues.drain()
        clock.move_to(NEXT_DAY)
        _fire(api, NEXT_DAY)
        _fire(api, NEXT_DAY)
        assert post.subjects == [f"{MATCHING} new leads today"]
        assert "Builders" in post.text()
        clock.move_to(NEXT_DAY + timedelta(hours=1))
        more = _grow(x_world, api, queues, stream_id, 80)
        assert more > 0
        clock.move_to(NEXT_DAY + timedelta(days=1))
        _fire(api, NEXT_DAY + timedelta(days=1))
        assert len(post.raw) == 2
        assert re.match(rf"{more} new leads? today", post.subjects[1])
        _fire(api, NEXT_DAY + timedelta(days=2))
        assert len(post.raw) == 2

    def test_a_day_that_was_missed_is_made_good(
        self, api: Api, queues: QueueHand, post: Post
    ) -> None:
        api.create_stream(runNow=True)
        queues.drain()
        _fire(api, SUNDAY)  # what was found this minute waits for the next one
        assert post.raw == []
        _fire(api, SUNDAY + timedelta(hours=47))
        assert post.subjects == [f"{MATCHING} new leads today"]

    def test_streams_that_want_another_rhythm_are_left_out(
        self, api: Api, queues: QueueHand, post: Post
    ) -> None:
        api.put("/notification-settings", {"emailDigest": "off"})
        api.create_stream(name="Weekly", emailDigestOverride="weekly", runNow=True)
        api.create_stream(name="Never", emailDigestOverride="off", runNow=True)
        queues.drain()
        _fire(api, NEXT_DAY - timedelta(hours=20))
        assert post.raw == []
        _fire(api, NEXT_DAY)
        assert post.subjects == [f"{MATCHING} new leads this week"]
        assert "Weekly" in post.text()
        assert "Never" not in post.text()

    def test_nobody_is_there(self, post: Post) -> None:
        with Api(None, user_id=77) as nobody:
            _fire(nobody, NEXT_DAY)
        assert post.raw == []


@pytest.mark.usefixtures("aws", "clock")
class TestSchedules:
    def _schedule(self, user_id: int) -> dict[str, Any] | None:
        client = aws.client("scheduler")
        try:
            return dict(
                client.get_schedule(GroupName=settings().resource("digests"), Name=str(user_id))
            )
        except client.exceptions.ResourceNotFoundException:
            return None

    def _follow(self, api: Api) -> dict[str, Any] | None:
        follow_digest(api.user_id, wiring.digest_schedules())
        return self._schedule(api.user_id)

    def test_one_for_a_user_with_streams(self, api: Api) -> None:
        assert self._follow(api) is None
        stream_id = api.create_stream()["id"]
        api.put("/notification-settings", {"timezone": "Asia/Tokyo"})
        made = self._follow(api)
        assert made is not None
        assert made["ScheduleExpression"] == "cron(0 8 * * ? *)"
        assert made["ScheduleExpressionTimezone"] == "Asia/Tokyo"
        api.put("/notification-settings", {"emailDigest": "weekly", "timezone": "UTC"})
        changed = self._follow(api)
        assert changed is not None
        assert changed["ScheduleExpression"] == "cron(0 8 ? * MON *)"
        assert changed["ScheduleExpressionTimezone"] == "UTC"
        api.put("/notification-settings", {"emailDigest": "off"})
        assert self._follow(api) is None
        assert self._follow(api) is None
        api.patch(f"/streams/{stream_id}", {"emailDigestOverride": "daily"})
        assert self._follow(api) is not None
        api.delete(f"/streams/{stream_id}")
        assert self._follow(api) is None

    def test_its_message_is_what_the_queue_takes(self, api: Api) -> None:
        api.create_stream()
        made = self._follow(api)
        assert made is not None
        sent = made["Target"]["Input"].replace(
            "<aws.scheduler.scheduled-time>", "2026-07-06T08:00:00Z"
        )
        job = MailDigest.model_validate_json(sent)
        assert (job.user_id, job.at) == (api.user_id, NEXT_DAY)
        assert made["Target"]["Arn"].endswith("-deliver")

    def test_a_change_is_followed_by_the_upkeep_queue(self, api: Api) -> None:
        api.create_stream()
        wiring.caretaker().take(_message({"kind": "follow_digest", "user_id": api.user_id}))
        assert self._schedule(api.user_id) is not None


def _message(body: dict[str, Any]) -> Any:
    import json

    from chalicelib.queues import Message

    return Message(json.dumps(body), is_repeat=False, is_last=False, until=0)


@pytest.mark.usefixtures("aws", "clock")
class TestUnsubscribing:
    @pytest.mark.parametrize(
        ("kind", "setting", "value"),
        [
            ("digest", "emailDigest", "off"),
            ("run_failures", "runFailureAlerts", False),
            ("low_credits", "lowCreditAlerts", False),
        ],
    )
    def test_one_click_ends_one_kind(self, api: Api, kind: Any, setting: str, value: Any) -> None:
        before = api.get("/notification-settings").json_body
        path = link_to_end(api.user_id, kind).partition("/api/v2")[2]
        shown = Api(None).get(path)
        assert shown.status_code == 200
        assert shown.headers["Content-Type"].startswith("text/html")
        assert api.get("/notification-settings").json_body == before
        for _ in range(2):
            done = Api(None).request("POST", path, b"List-Unsubscribe=One-Click")
            assert done.status_code == 200
        assert api.get("/notification-settings").json_body == before | {setting: value}

    def test_streams_that_asked_for_digests_end_too(self, api: Api) -> None:
        ids = [
            api.create_stream(emailDigestOverride=each, name=str(each), syncTimes=[])["id"]
            for each in ("daily", "after_every_sync", None)
        ]
        path = link_to_end(api.user_id, "digest").partition("/api/v2")[2]
        assert Api(None).post(path).status_code == 200
        shown = [api.get(f"/streams/{each}").json_body["stream"] for each in ids]
        assert [each["emailDigestOverride"] for each in shown] == ["off", "off", None]

    @pytest.mark.parametrize("token", ["x", "WzEsImRpZ2VzdCJd.abc", "%00", ""])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_forged_links(self, method: str, token: str) -> None:
        answer = Api(None).request(method, f"/mail/unsubscribe?token={token}")
        assert answer.status_code == 400
        assert answer.json_body["code"] in ("link_invalid", "invalid_request")

    def test_a_user_who_is_gone(self) -> None:
        path = link_to_end(7, "digest").partition("/api/v2")[2]
        assert Api(None).post(path).status_code == 200

    def test_mails_name_it(self, api: Api, queues: QueueHand, post: Post) -> None:
        api.create_stream(runNow=True, emailDigestOverride="after_every_sync")
        queues.drain()
        mail = post.mails[0]
        assert mail["List-Unsubscribe"] == f"<{link_to_end(api.user_id, 'digest')}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        # Mail programs take the link as it stands: they decode no words in such a header.
        written = post.raw[-1]["RawMessage"]["Data"].decode().split("\r\n")
        assert f"List-Unsubscribe: <{link_to_end(api.user_id, 'digest')}>" in written
        assert link_to_end(api.user_id, "digest") in post.text()


@pytest.mark.parametrize(
    ("at", "timezone", "due"),
    [
        ("2026-07-06T08:00+00:00", "UTC", ("daily", "weekly")),
        ("2026-07-05T23:00+00:00", "Asia/Tokyo", ("daily", "weekly")),
        ("2026-07-05T08:00+00:00", "UTC", ("daily",)),
        ("2026-07-06T08:00+00:00", "Pacific/Kiritimati", ("daily", "weekly")),
        ("2026-07-07T08:00+00:00", "UTC", ("daily",)),
    ],
)
def test_what_is_due(at: str, timezone: str, due: tuple[str, ...]) -> None:
    assert rules.rhythms_due(datetime.fromisoformat(at), timezone) == due
