"""PATCH /streams/{id}: absent against null, pairs as a whole, automation, two at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib.follow_up import FollowUp
from chalicelib.streams.table import StreamItem
from tests.api.stream_hand import (
    SEGMENT,
    owned,
    pair,
    patch,
    same_pairs,
    schedules,
    set_user,
    stream,
)
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for

HOOK = "https://1.1.1.1/hook"
FILE = {"to": ["a@example.org"], "format": "xlsx"}


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use."""
    with configured(monkeypatch) as world:
        yield world


def _refused(api: Api, stream_id: int, status: int, code: str, **body: Any) -> dict[str, Any]:
    before, rows = stream(api, stream_id), owned(api)
    answer = api.patch(f"/streams/{stream_id}", body)
    assert (answer.status_code, answer.json_body["code"]) == (status, code), answer.body
    assert (stream(api, stream_id), owned(api)) == (before, rows)
    return dict(answer.json_body)


class TestSettings:
    def test_each_field_changes_alone(self, api: Api) -> None:
        fields = {
            "name": "Builders",
            "syncTimes": ["07:15", "18:30"],
            "timezone": "Europe/Lisbon",
            "autoEnrichLinkedin": True,
            "autoEnrichEmail": True,
            "emailMode": "verified",
            "emailDigestOverride": "off",
            "telegramOverride": True,
            "webhookUrl": HOOK,
            "deliveryDestination": "leads_plus_webhook",
            "csvEmailRecipients": FILE,
            "isActive": False,
        }
        with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as traveller:
            stream_id = api.create_stream()["id"]
            before = stream(api, stream_id)
            for name, value in fields.items():
                traveller.shift(90)
                patch(api, stream_id, **{name: value})
                after = stream(api, stream_id)
                moving = {name, "updatedAt", "nextRunAt"}
                assert after[name] == value
                assert after["updatedAt"] > before["updatedAt"]
                assert {k: v for k, v in after.items() if k not in moving} == {
                    k: v for k, v in before.items() if k not in moving
                }
                before = after

    @pytest.mark.parametrize(
        "field", ["emailDigestOverride", "telegramOverride", "webhookUrl", "csvEmailRecipients"]
    )
    def test_null_clears_and_absent_leaves(self, api: Api, field: str) -> None:
        stream_id = api.create_stream(
            emailDigestOverride="weekly",
            telegramOverride=True,
            webhookUrl=HOOK,
            csvEmailRecipients=FILE,
        )["id"]
        before = stream(api, stream_id)
        assert patch(api, stream_id, name="Other") == {"id": stream_id}
        assert stream(api, stream_id)[field] == before[field] is not None
        assert patch(api, stream_id, **{field: None}) == {"id": stream_id}
        assert stream(api, stream_id)[field] is None

    @pytest.mark.parametrize(
        "field",
        [
            "name",
            "pairs",
            "syncTimes",
            "timezone",
            "autoEnrichLinkedin",
            "autoEnrichEmail",
            "emailMode",
            "deliveryDestination",
            "isActive",
            "isArchived",
        ],
    )
    def test_null_for_what_cannot_be_empty(self, api: Api, field: str) -> None:
        stream_id = api.create_stream()["id"]
        refusal = _refused(api, stream_id, 400, "invalid_request", **{field: None})
        assert [fault["field"] for fault in refusal["details"]] == [field]

    def test_nothing_asked_nothing_changed(self, api: Api) -> None:
        with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=True) as traveller:
            stream_id = api.create_stream(name="Builders")["id"]
            before = stream(api, stream_id)
            traveller.shift(90)
            assert patch(api, stream_id) == {"id": stream_id}
            assert patch(api, stream_id, name="Builders") == {"id": stream_id}
            assert patch(api, stream_id, pairs=same_pairs(before)) == {
                "id": stream_id,
                "pairsDiff": {"addedAccounts": [], "addedSegments": []},
            }
            assert stream(api, stream_id) == before

    def test_three_faults_at_once(self, api: Api) -> None:
        stream_id = api.create_stream()["id"]
        body = {"name": "", "runNow": True, "syncTimes": ["7:15"], "emailMode": "none"}
        refusal = _refused(api, stream_id, 400, "invalid_request", **body)
        assert {fault["field"] for fault in refusal["details"]} == {
            "name",
            "runNow",
            "syncTimes[0]",
            "emailMode",
        }

    def test_the_derived_name_stays(self, api: Api) -> None:
        stream_id = api.create_stream(pairs=[pair()])["id"]
        name = stream(api, stream_id)["name"]
        patch(api, stream_id, pairs=[pair("tidewater", segment={"description": "nurses"})])
        assert stream(api, stream_id)["name"] == name

    def test_a_key_makes_one_change(self, api: Api) -> None:
        stream_id = api.create_stream(pairs=[pair()])["id"]
        body = json.dumps({"pairs": [pair("tidewater")]}).encode()
        first, again = (
            api.request("PATCH", f"/streams/{stream_id}", body, {"Idempotency-Key": "one"})
            for _ in range(2)
        )
        assert (first.status_code, first.json_body) == (200, again.json_body)
        assert len(api.get("/segments?excludeArchived=false").json_body["segments"]) == 2


class TestWebhook:
    def test_another_url_has_another_secret(self, api: Api) -> None:
        created = api.create_stream(webhookUrl=HOOK)
        stream_id, secrets = created["id"], {created["webhookSecret"]}
        assert "webhookSecret" not in patch(api, stream_id, webhookUrl=HOOK)
        row = StreamItem.find(api.user_id, StreamItem.at(stream_id))
        assert row is not None
        assert row.webhook_secret in secrets
        secrets.add(patch(api, stream_id, webhookUrl=HOOK + "2")["webhookSecret"])
        assert "webhookSecret" not in patch(api, stream_id, webhookUrl=None)
        secrets.add(patch(api, stream_id, webhookUrl=HOOK)["webhookSecret"])
        assert len(secrets) == 3
        assert all(secret.startswith("whsec_") for secret in secrets)

    def test_delivery_needs_a_url(self, api: Api) -> None:
        stream_id = api.create_stream()["id"]
        to_webhook = {"deliveryDestination": "leads_plus_webhook"}
        refusal = _refused(api, stream_id, 400, "invalid_request", **to_webhook)
        assert refusal["details"][0]["field"] == "webhookUrl"
        _refused(api, stream_id, 400, "invalid_request", **to_webhook, webhookUrl=None)
        patch(api, stream_id, **to_webhook, webhookUrl=HOOK)
        _refused(api, stream_id, 400, "invalid_request", webhookUrl=None)
        patch(api, stream_id, deliveryDestination="leads_only", webhookUrl=None)

    @pytest.mark.parametrize(
        "url",
        [
            "http://1.1.1.1/",
            "https://10.0.0.1/",
            "https://127.0.0.1/",
            "https://169.254.1.1/",
            "https://100.64.0.1/",
            "https://[::1]/",
            "https://[fe80::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://localhost/",
            "ftp://1.1.1.1/",
            "nonsense",
        ],
    )
    def test_unsafe_urls(self, api: Api, url: str) -> None:
        stream_id = api.create_stream()["id"]
        _refused(api, stream_id, 400, "unsafe_url", webhookUrl=url)


class TestPairs:
    def test_a_whole_replacement(self, api: Api) -> None:
        created = api.create_stream(pairs=[pair("orbitdesk"), pair("tidewater")], syncTimes=[])
        stream_id, segment_id = created["id"], created["segments"][0]["segmentId"]
        kept, removed = stream(api, stream_id)["pairs"]
        changed = patch(
            api,
            stream_id,
            pairs=[
                pair("smallharbor", segmentId=segment_id),
                {"accountId": kept["accountId"], "segmentId": segment_id},
            ],
        )
        added = changed["pairsDiff"]["addedAccounts"]
        assert changed["pairsDiff"]["addedSegments"] == []
        assert [(each["handle"], each["accountCreated"]) for each in added] == [
            ("smallharbor", True)
        ]
        new, still = stream(api, stream_id)["pairs"]
        assert still == kept
        assert new["id"] not in {kept["id"], removed["id"]}
        active = {each["id"]: each for each in api.get("/accounts").json_body["active"]}
        orphan = active[removed["accountId"]]
        assert (orphan["isActive"], orphan["assignedSegmentIds"]) == (True, [])
        back = patch(api, stream_id, pairs=[pair("tidewater", segmentId=segment_id)])
        assert back["pairsDiff"]["addedAccounts"] == [
            {
                "handle": "tidewater",
                "accountId": removed["accountId"],
                "accountCreated": False,
                "billingDelta": "none",
            }
        ]
        assert stream(api, stream_id)["pairs"][0]["id"] not in {kept["id"], removed["id"]}

    def test_another_segment_makes_other_pairs(self, api: Api) -> None:
        stream_id = api.create_stream(pairs=[pair("orbitdesk"), pair("tidewater")])["id"]
        before = stream(api, stream_id)["pairs"]
        nurses = {"description": "nurses"}
        changed = patch(
            api,
            stream_id,
            pairs=[{"accountId": each["accountId"], "segment": nurses} for each in before],
        )
        (added,) = changed["pairsDiff"]["addedSegments"]
        assert added["segmentCreated"] is True
        assert changed["pairsDiff"]["addedAccounts"] == []
        after = stream(api, stream_id)["pairs"]
        assert {each["segmentId"] for each in after} == {added["segmentId"]}
        assert after[0]["segment"]["description"] == "nurses"
        assert not {each["id"] for each in after} & {each["id"] for each in before}
        assert [each["accountId"] for each in after] == [each["accountId"] for each in before]
        linked = api.get("/segments").json_body["segments"]
        assert [each["linkedStreamCount"] for each in linked] == [1, 0]
        again = patch(api, stream_id, pairs=same_pairs(stream(api, stream_id)))
        assert again["pairsDiff"]["addedSegments"] == []

    def test_a_sleeping_account_that_stays_sleeps_on(self, api: Api) -> None:
        stream_id = api.create_stream(pairs=[pair()])["id"]
        before = stream(api, stream_id)
        account_id = before["pairs"][0]["accountId"]
        api.post(f"/accounts/{account_id}/sleep")
        patch(
            api,
            stream_id,
            pairs=[
                *same_pairs(before),
                pair("tidewater", segmentId=before["pairs"][0]["segmentId"]),
            ],
        )
        assert [each["id"] for each in api.get("/accounts").json_body["sleeping"]] == [account_id]

    @pytest.mark.parametrize("how", ["removed", "archived", "lapsed"])
    def test_a_run_under_way_ends_and_its_leads_stay(
        self, api: Api, queues: QueueHand, how: str
    ) -> None:
        stream_id = api.create_stream(runNow=True)["id"]
        if how == "removed":
            patch(api, stream_id, pairs=[pair("tidewater", segment={"description": "nurses"})])
        elif how == "archived":
            patch(api, stream_id, isArchived=True)
        else:
            set_user(api, status="canceled")
        queues.drain()
        (run,) = api.get(f"/streams/{stream_id}/runs").json_body["runs"]
        assert (run["xHandle"], run["status"]) == ("orbitdesk", "succeeded")
        assert api.get(f"/streams/{stream_id}/leads").json_body["total"] > 0

    @pytest.mark.parametrize(
        ("pairs", "status", "code"),
        [
            ([], 400, "invalid_request"),
            ([pair(), pair()], 400, "invalid_request"),
            ([pair(), pair(" tidewater")], 400, "invalid_request"),
            (
                [pair(), pair("tidewater", segment={"description": "x"})],
                400,
                "stream_multi_segment",
            ),
            (
                [pair(segment={**SEGMENT, "appliedSearchFilters": {"skill": ["Poobah"]}})],
                400,
                "orphan_label",
            ),
            ([{"accountId": 77, "segment": SEGMENT}], 404, "account_not_found"),
            ([pair(segmentId=77)], 404, "segment_not_found"),
            ([pair("nobody_at_all")], 404, "handle_not_found"),
            ([pair(), pair("lockedgarden")], 422, "handle_protected"),
        ],
    )
    def test_refusals_leave_nothing(
        self, api: Api, pairs: list[dict[str, Any]], status: int, code: str
    ) -> None:
        stream_id = api.create_stream()["id"]
        _refused(api, stream_id, status, code, pairs=pairs)

    def test_billing_of_what_is_added(self, api: Api, stripe: StripeWorld) -> None:
        pays_for(stripe, api, starter=1)
        stream_id = api.create_stream(pairs=[pair()])["id"]
        segment_id = stream(api, stream_id)["pairs"][0]["segmentId"]
        wanted = [pair(segmentId=segment_id), pair("tidewater", segmentId=segment_id)]
        for delta in (["stripe_quantity_incremented"], []):
            added = patch(api, stream_id, pairs=wanted)["pairsDiff"]["addedAccounts"]
            assert [each["billingDelta"] for each in added] == delta
            assert stripe.holds() == {"starter": 2}
        patch(api, stream_id, pairs=wanted[1:])
        assert stripe.holds() == {"starter": 2}

    def test_foreign_accounts_and_segments(self, api: Api) -> None:
        created = api.create_stream()
        account_id = created["accounts"][0]["accountId"]
        segment_id = created["segments"][0]["segmentId"]
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            own = other.create_stream()["id"]
            foreign = [{"accountId": account_id, "segment": SEGMENT}]
            _refused(other, own, 404, "account_not_found", pairs=foreign)
            _refused(other, own, 404, "segment_not_found", pairs=[pair(segmentId=segment_id)])


class TestAutomation:
    def test_schedules_follow(self, api: Api) -> None:
        stream_id = api.create_stream(syncTimes=["07:15"], timezone="Europe/Lisbon")["id"]
        steps: list[tuple[dict[str, Any], dict[str, str]]] = [
            ({"syncTimes": ["07:15", "18:30"]}, {"0715": "Lisbon", "1830": "Lisbon"}),
            ({"timezone": "Asia/Tokyo"}, {"0715": "Tokyo", "1830": "Tokyo"}),
            ({"syncTimes": ["08:00"]}, {"0800": "Tokyo"}),
            ({"isActive": False}, {}),
            ({"syncTimes": ["09:00"]}, {}),
            ({"isActive": True}, {"0900": "Tokyo"}),
            ({"isArchived": True}, {}),
            ({"isArchived": False}, {}),
            ({"isActive": True}, {"0900": "Tokyo"}),
            ({"syncTimes": []}, {}),
        ]
        for fields, expected in steps:
            patch(api, stream_id, **fields)
            found = schedules(stream_id)
            assert {name: zone.rpartition("/")[2] for name, (_, zone) in found.items()} == expected
            is_next = stream(api, stream_id)["nextRunAt"] is not None
            assert is_next is bool(expected)

    def test_archived_means_not_active(self, api: Api) -> None:
        stream_id = api.create_stream()["id"]
        patch(api, stream_id, isArchived=True, isActive=True)
        shown = stream(api, stream_id)
        assert (shown["isArchived"], shown["isActive"]) == (True, False)
        for fields in ({"isActive": True}, {"isActive": True, "isArchived": True}):
            refusal = _refused(api, stream_id, 400, "stream_archived", **fields)
            assert refusal["error"] == "Stream is archived"
        patch(api, stream_id, name="Still changeable")
        patch(api, stream_id, isArchived=False)
        assert stream(api, stream_id)["isActive"] is False
        patch(api, stream_id, isActive=True)
        patch(api, stream_id, isArchived=True)
        patch(api, stream_id, isArchived=False, isActive=True)
        assert stream(api, stream_id)["isActive"] is True

    def test_the_cap_where_automation_is_added(self, api: Api) -> None:
        """A starter account is in three automated streams; a fourth waits in every way."""
        first = api.create_stream(pairs=[pair()])["id"]
        segment_id = stream(api, first)["pairs"][0]["segmentId"]
        for _ in range(2):
            api.create_stream(pairs=[pair()])
        paused = api.create_stream(pairs=[pair()], syncTimes=[])["id"]
        patch(api, paused, isActive=False, syncTimes=["07:15"])
        elsewhere = api.create_stream(pairs=[pair("tidewater", segmentId=segment_id)])["id"]
        both = [pair("tidewater", segmentId=segment_id), pair(segmentId=segment_id)]

        def try_all(status: int) -> None:
            for stream_id, fields in (
                (paused, {"isActive": True}),
                (elsewhere, {"pairs": both}),
            ):
                answer = api.patch(f"/streams/{stream_id}", fields)
                assert answer.status_code == status, answer.body
                if status == 400:
                    assert answer.json_body["code"] == "stream_cap_exceeded"
                else:
                    patch(api, stream_id, isActive=False)

        try_all(400)
        api.delete(f"/streams/{paused}")
        _refused(api, paused, 400, "stream_cap_exceeded", isArchived=False, isActive=True)
        patch(api, paused, isArchived=False, syncTimes=[])
        patch(api, paused, isActive=True)
        _refused(api, paused, 400, "stream_cap_exceeded", syncTimes=["07:15"])
        patch(api, paused, isActive=False, syncTimes=["07:15"])
        patch(api, first, name="Full, but mine", syncTimes=["09:00"], isActive=True)
        patch(api, first, isActive=False)
        try_all(200)

    def test_a_downgrade_stops_nothing(self, api: Api) -> None:
        created = api.create_stream(pairs=[pair(tier="pro")], syncTimes=["07:15", "08:15"])
        account_id = created["accounts"][0]["accountId"]
        set_user(api, status="free_user")
        before = stream(api, created["id"])
        patch(api, created["id"], name="Other")
        assert stream(api, created["id"])["syncTimes"] == ["07:15", "08:15"]
        refusal = _refused(api, created["id"], 400, "invalid_request", syncTimes=["07:15", "08:15"])
        assert refusal["details"][0]["field"] == "syncTimes"
        assert before["pairs"][0]["accountId"] == account_id

    def test_sync_times_against_the_accounts_that_remain(self, api: Api) -> None:
        created = api.create_stream(
            pairs=[pair(), pair("tidewater", "growth")], syncTimes=["07:15", "08:15"]
        )
        segment_id = created["segments"][0]["segmentId"]
        refusal = _refused(
            api, created["id"], 400, "invalid_request", pairs=[pair(segmentId=segment_id)]
        )
        assert refusal["details"][0]["field"] == "syncTimes"
        patch(api, created["id"], pairs=[pair(segmentId=segment_id)], syncTimes=["07:15"])

    def test_a_change_that_died_before_its_schedules_is_made_good(
        self, api: Api, queues: QueueHand
    ) -> None:
        stream_id = api.create_stream(syncTimes=["07:15"])["id"]
        StreamItem(api.user_id, StreamItem.at(stream_id)).update(
            actions=[StreamItem.sync_times.set(["09:00"])]
        )
        job = FollowUp(user_id=api.user_id, stream_id=stream_id).model_dump_json()
        queues.send("keep_up", job)
        queues.send("keep_up", FollowUp(user_id=api.user_id, stream_id=77).model_dump_json())
        queues.drain(twice=True)
        assert list(schedules(stream_id)) == ["0900"]


def test_two_changes_at_once_end_in_one_of_the_two(api: Api) -> None:
    """Each sets pairs, name, times and zone; whichever is last, nothing of the other is left."""
    created = api.create_stream(pairs=[pair(tier="pro"), pair("tidewater", "pro")])
    stream_id, segment_id = created["id"], created["segments"][0]["segmentId"]
    states = [
        {
            "name": handle,
            "timezone": zone,
            "syncTimes": [time],
            "pairs": [pair(handle, "pro", segmentId=segment_id)],
        }
        for handle, zone, time in (
            ("orbitdesk", "Asia/Tokyo", "07:15"),
            ("tidewater", "Europe/Lisbon", "18:30"),
        )
    ]

    def change(state: dict[str, Any]) -> int:
        with Api(api.key, api.user_id) as own:
            return own.patch(f"/streams/{stream_id}", state).status_code

    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            assert list(pool.map(change, states)) == [200, 200]
            after = stream(api, stream_id)
            (state,) = [each for each in states if each["name"] == after["name"]]
            assert after["timezone"] == state["timezone"]
            assert after["syncTimes"] == state["syncTimes"]
            assert [each["accountHandle"] for each in after["pairs"]] == [state["name"]]
            assert list(schedules(stream_id)) == [state["syncTimes"][0].replace(":", "")]
