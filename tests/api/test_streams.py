"""Creating, reading and archiving streams over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from chalicelib.auth import users
from chalicelib.follow_up import FollowUp
from localdev.xworld.server import Server
from tests.api.stream_hand import SEGMENT, owned, pair, patch, schedules, set_user, stream
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for, untold

LAPSED = ["canceled", "unpaid", "incomplete", "incomplete_expired", "paused"]


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use."""
    with configured(monkeypatch) as world:
        yield world


def _refused(api: Api, status: int, code: str, **body: Any) -> dict[str, Any]:
    before = owned(api)
    answer = api.post("/streams", body)
    assert (answer.status_code, answer.json_body["code"]) == (status, code), answer.body
    assert owned(api) == before
    return dict(answer.json_body)


class TestCreate:
    def test_billing_in_all_three_values(self, api: Api, stripe: StripeWorld) -> None:
        pays_for(stripe, api, starter=1, growth=1)
        first = api.create_stream(pairs=[pair("orbitdesk")])
        account = first["accounts"][0]
        assert account["billingDelta"] == "unused_slot_used"
        assert stripe.changes() == []
        second = api.create_stream(
            pairs=[
                {"accountId": account["accountId"], "segment": SEGMENT},
                pair("tidewater", "growth"),
                pair("smallharbor", "growth"),
            ]
        )
        assert [each["billingDelta"] for each in second["accounts"]] == [
            "none",
            "unused_slot_used",
            "stripe_quantity_incremented",
        ]
        assert stripe.holds() == {"starter": 1, "growth": 2}

    def test_a_free_users_account_costs_nothing(self, free_api: Api) -> None:
        created = free_api.create_stream(pairs=[pair()])
        assert created["accounts"][0]["billingDelta"] == "none"

    def test_no_slot_and_no_stripe(self, api: Api) -> None:
        set_user(api, slots={"starter": 1})
        pairs = [pair("orbitdesk"), pair("tidewater")]
        _refused(api, 502, "stripe_error", pairs=pairs)

    def test_stripe_that_is_down_is_told_later(
        self, api: Api, stripe: StripeWorld, queues: QueueHand
    ) -> None:
        pays_for(stripe, api, starter=1)
        stripe.refuse(503, {"type": "api_error", "message": "down"})
        pairs = [pair("orbitdesk"), pair("tidewater")]
        created = api.create_stream(pairs=pairs)
        assert created["accounts"][1]["billingDelta"] == "stripe_quantity_incremented"
        stripe.recover()
        (telling,) = untold(api)
        job = FollowUp(user_id=api.user_id, telling=telling)
        queues.send("keep_up", job.model_dump_json())
        queues.drain()
        assert stripe.holds() == {"starter": 2}

    @pytest.mark.parametrize("verb", ["create", "patch"])
    def test_a_sleeping_account_is_woken_and_billed(self, api: Api, verb: str) -> None:
        account_id = api.create_stream(pairs=[pair()])["accounts"][0]["accountId"]
        other = api.create_stream(pairs=[pair("tidewater")])["id"]
        api.post(f"/accounts/{account_id}/sleep")
        wanted = [{"accountId": account_id, "segment": SEGMENT}]
        if verb == "create":
            shown = api.create_stream(pairs=wanted)["accounts"]
        else:
            shown = patch(api, other, pairs=wanted)["pairsDiff"]["addedAccounts"]
        assert [(each["accountCreated"], each["billingDelta"]) for each in shown] == [
            (False, "unused_slot_used")
        ]
        assert account_id in {each["id"] for each in api.get("/accounts").json_body["active"]}

    def test_the_derived_name_counts_accounts(self, api: Api) -> None:
        created = api.create_stream(pairs=[pair("orbitdesk"), pair("tidewater")])
        assert stream(api, created["id"])["name"] == f"{SEGMENT['description']} · 2 accounts"

    def test_streams_of_one_account_share_the_default_slot(self, api: Api) -> None:
        made = [api.create_stream(pairs=[pair()])["id"] for _ in range(2)]
        first, second = (stream(api, stream_id)["syncTimes"] for stream_id in made)
        assert first == second

    def test_the_default_zone_is_the_users(self, api: Api) -> None:
        set_user(api, timezone="Asia/Tokyo")
        assert stream(api, api.create_stream()["id"])["timezone"] == "Asia/Tokyo"

    def test_every_setting(self, api: Api) -> None:
        fields = {
            "name": "Builders",
            "syncTimes": ["18:30", "07:15"],
            "timezone": "Europe/Lisbon",
            "autoEnrichLinkedin": True,
            "autoEnrichEmail": True,
            "emailMode": "verified",
            "emailDigestOverride": "weekly",
            "telegramOverride": False,
            "deliveryDestination": "leads_plus_webhook",
            "webhookUrl": "https://1.1.1.1/hook",
            "csvEmailRecipients": {"to": "a@example.org", "cc": ["b@example.org"], "format": "csv"},
        }
        created = api.create_stream(**fields)
        shown = stream(api, created["id"])
        fields["syncTimes"] = ["07:15", "18:30"]
        fields["csvEmailRecipients"] = {
            "to": ["a@example.org"],
            "cc": ["b@example.org"],
            "format": "csv",
        }
        assert {name: shown[name] for name in fields} == fields
        assert (shown["isActive"], shown["isArchived"], shown["pairCount"]) == (True, False, 1)
        assert schedules(created["id"]) == {
            "0715": ("cron(15 7 * * ? *)", "Europe/Lisbon"),
            "1830": ("cron(30 18 * * ? *)", "Europe/Lisbon"),
        }

    def test_recipients_are_addresses_that_can_be_mailed_to(self, api: Api) -> None:
        to = {"to": ["a@b\u00fccher.example"], "format": "csv"}
        kept = stream(api, api.create_stream(csvEmailRecipients=to)["id"])["csvEmailRecipients"]
        assert kept["to"] == ["a@xn--bcher-kva.example"]

    def test_manual_only_has_no_schedule(self, api: Api) -> None:
        assert schedules(api.create_stream(syncTimes=[])["id"]) == {}

    def test_a_first_run_that_is_skipped_fails_nothing(self, api: Api, queues: QueueHand) -> None:
        api.create_stream(pairs=[pair()], runNow=True)
        queues.drain()
        created = api.create_stream(pairs=[pair()], runNow=True)
        assert created["run"]["queued"] == []
        assert [each["reason"] for each in created["run"]["skipped"]] == ["budget_exhausted"]

    def test_two_creates_of_a_handle_at_once_make_one_account(self, api: Api) -> None:
        def create(number: int) -> dict[str, Any]:
            with Api(api.key, api.user_id) as own:
                return own.create_stream(name=f"stream {number}", pairs=[pair()])

        with ThreadPoolExecutor(6) as pool:
            made = list(pool.map(create, range(3)))
        assert len({each["accounts"][0]["accountId"] for each in made}) == 1
        assert sorted(each["accounts"][0]["accountCreated"] for each in made) == [
            False,
            False,
            True,
        ]
        assert len(api.get("/accounts").json_body["active"]) == 1
        assert api.get("/me").json_body["credits"]["balance"] == 60

    def test_a_key_makes_one_stream(self, api: Api) -> None:
        body = json.dumps({"pairs": [pair()]}).encode()
        first, again = (
            api.request("POST", "/streams", body, {"Idempotency-Key": "one"}) for _ in range(2)
        )
        assert (first.status_code, first.json_body) == (201, again.json_body)
        assert len(api.get("/streams").json_body["streams"]) == 1


class TestGates:
    def test_the_cap_of_the_tier(self, api: Api) -> None:
        for _ in range(3):
            account_id = api.create_stream(pairs=[pair()])["accounts"][0]["accountId"]
        refusal = _refused(api, 400, "stream_cap_exceeded", pairs=[pair()])
        assert "@orbitdesk" in refusal["message"]
        _refused(
            api,
            400,
            "stream_cap_exceeded",
            pairs=[pair("tidewater"), {"accountId": account_id, "segment": SEGMENT}],
        )
        assert api.create_stream(pairs=[pair()], syncTimes=[])["id"]

    def test_equal_inline_segments_are_one_and_others_too_many(self, api: Api) -> None:
        spelt = {
            **SEGMENT,
            "genderValues": ["male", "female"],
            "appliedSearchFilters": {"job_role": ["ceo", "Founder"]},
        }
        same = {
            **SEGMENT,
            "genderValues": ["female", "male"],
            "appliedSearchFilters": {"job_role": ["founder", "CEO", "founder"]},
        }
        created = api.create_stream(pairs=[pair(segment=spelt), pair("tidewater", segment=same)])
        assert len(created["segments"]) == 1
        segment_id = created["segments"][0]["segmentId"]
        other = api.post("/segments", {"description": "nurses"}).json_body["id"]
        for pairs in (
            [pair(segmentId=segment_id), pair("tidewater", segmentId=other)],
            [pair(segmentId=segment_id), pair("tidewater")],
            [pair(), pair("tidewater", segment={"description": "nurses"})],
        ):
            _refused(api, 400, "stream_multi_segment", pairs=pairs)

    def test_orphans_come_before_other_gates(self, api: Api) -> None:
        orphaned = {**SEGMENT, "appliedSearchFilters": {"job_role": ["Grand Poobah"]}}
        pairs = [pair(segment=orphaned), {"accountId": 5, "segmentId": 77}]
        _refused(api, 400, "orphan_label", pairs=pairs)
        pairs = [{"accountId": 5, "segmentId": 77}, {"accountId": 6, "segmentId": 78}]
        _refused(api, 400, "stream_multi_segment", pairs=pairs)
        missing = [{"accountId": 5, "segment": SEGMENT}]
        _refused(api, 404, "account_not_found", pairs=missing, webhookUrl="http://127.0.0.1/")
        set_user(api, status="canceled")
        _refused(api, 400, "unsafe_url", pairs=[pair()], webhookUrl="http://127.0.0.1/")
        _refused(api, 403, "subscription_required", pairs=[pair("nobody_at_all")])

    @pytest.mark.parametrize("status", LAPSED)
    def test_what_lapsed_users_may(self, api: Api, status: str) -> None:
        first = api.create_stream(pairs=[pair()])
        account_id = first["accounts"][0]["accountId"]
        set_user(api, status=status)
        _refused(api, 403, "subscription_required", pairs=[pair("tidewater")])
        known = [{"accountId": account_id, "segment": SEGMENT}]
        _refused(api, 403, "subscription_required", pairs=known, runNow=True)
        assert api.post("/streams", {"pairs": known}).status_code == 201
        assert stream(api, first["id"])["nextRunAt"] is None
        answer = api.patch(f"/streams/{first['id']}", {"pairs": [*known, pair("tidewater")]})
        assert (answer.status_code, answer.json_body["code"]) == (403, "subscription_required")
        patch(api, first["id"], pairs=known, name="Still mine")
        api.post(f"/accounts/{account_id}/sleep")
        _refused(api, 403, "subscription_required", pairs=known)

    @pytest.mark.parametrize("status", ["past_due", "trialing"])
    def test_what_still_counts_as_live(self, api: Api, status: str) -> None:
        set_user(api, status=status)
        assert api.post("/streams", {"pairs": [pair()]}).status_code == 201

    def test_one_account_for_a_free_user(self, free_api: Api) -> None:
        two = [pair(), pair("tidewater")]
        _refused(free_api, 403, "free_account_limit", pairs=two)
        created = free_api.create_stream(pairs=[pair()])
        account_id = created["accounts"][0]["accountId"]
        free_api.post(f"/accounts/{account_id}/sleep")
        _refused(free_api, 403, "free_account_limit", pairs=[pair("tidewater")], syncTimes=[])
        answer = free_api.patch(f"/streams/{created['id']}", {"pairs": two})
        assert (answer.status_code, answer.json_body["code"]) == (403, "free_account_limit")
        times = free_api.post("/streams", {"pairs": [pair()], "syncTimes": ["07:15", "08:15"]})
        assert times.json_body["details"][0]["field"] == "syncTimes"

    @pytest.mark.usefixtures("aws", "x_world")
    def test_one_free_user_of_an_address(self) -> None:
        def free(name: str) -> Api:
            user = users.create(f"{name}@example.org", name, signup_ip="203.0.113.9")
            return Api(users.create_key(user.user_id, "test")[1], user.user_id)

        with free("one") as one, free("two") as two:
            body = {"pairs": [pair()]}
            assert one.post("/streams", body).status_code == 201
            _refused(two, 409, "free_account_ip_duplicate", **body)
            assert one.post("/streams", {**body, "syncTimes": []}).status_code == 201
            set_user(one, status="active")
            assert two.post("/streams", body).status_code == 201
            set_user(one, status="free_user")
            assert one.post("/streams", {**body, "syncTimes": []}).status_code == 201

    @pytest.mark.usefixtures("aws", "x_world")
    def test_free_users_of_an_address_at_once(self) -> None:
        def create(number: int) -> str:
            name = f"free{number}"
            user = users.create(f"{name}@example.org", name, signup_ip="203.0.113.9")
            with Api(users.create_key(user.user_id, "test")[1], user.user_id) as own:
                answer = own.post("/streams", {"pairs": [pair()]})
                return str(answer.json_body.get("code", "made"))

        with ThreadPoolExecutor(4) as pool:
            outcomes = sorted(pool.map(create, range(4)))
        assert outcomes == ["free_account_ip_duplicate"] * 3 + ["made"]

    def test_one_provider_down_is_no_error(self, api: Api, x_world: Server) -> None:
        fault = {"vendor": "scrapebadger", "path": "", "kind": "503", "times": -1}
        httpx.post(f"{x_world.url}/_control/faults", json=[fault]).raise_for_status()
        assert api.post("/streams", {"pairs": [pair("smallharbor")]}).status_code == 201


class TestRead:
    def test_newest_first_and_archived_on_demand(self, api: Api) -> None:
        made = [api.create_stream(name=str(number))["id"] for number in range(3)]
        patch(api, made[0], isActive=False)
        assert api.delete(f"/streams/{made[1]}").json_body == {"archived": True}

        def listed(query: str = "") -> list[int]:
            return [each["id"] for each in api.get(f"/streams{query}").json_body["streams"]]

        assert listed() == listed("?includeArchived=false") == [made[2], made[0]]
        assert listed("?includeArchived=true") == made[::-1]
        whole = api.get("/streams").json_body["streams"]
        assert whole == [stream(api, stream_id) for stream_id in (made[2], made[0])]
        for query in ("includeArchived=1", "limit=5"):
            answer = api.get(f"/streams?{query}")
            assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")

    @pytest.mark.parametrize("stream_id", ["77", "0", "abc", "1.5", "9" * 17])
    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_no_such_stream(self, api: Api, method: str, stream_id: str) -> None:
        answer = api.request(method, f"/streams/{stream_id}", b"")
        assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")
        assert answer.json_body["code"] == "stream_not_found"

    def test_streams_belong_to_one_user(self, api: Api) -> None:
        stream_id = api.create_stream()["id"]
        before = stream(api, stream_id)
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            assert other.get("/streams?includeArchived=true").json_body == {"streams": []}
            for method, body in (("GET", b""), ("PATCH", b'{"name": "x"}'), ("DELETE", b"")):
                answer = other.request(method, f"/streams/{stream_id}", body)
                assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")
        assert stream(api, stream_id) == before


class TestArchive:
    def test_schedules_go_and_the_rest_stays(self, api: Api, queues: QueueHand) -> None:
        stream_id = api.create_stream(runNow=True, syncTimes=["07:15"])["id"]
        queues.drain()
        leads = api.get(f"/streams/{stream_id}/leads").json_body["total"]
        assert leads > 0
        assert list(schedules(stream_id)) == ["0715"]
        for _ in range(2):
            answer = api.delete(f"/streams/{stream_id}")
            assert (answer.status_code, answer.json_body) == (200, {"archived": True})
        archived = stream(api, stream_id)
        assert (archived["isActive"], archived["isArchived"]) == (False, True)
        assert (archived["nextRunAt"], archived["syncTimes"]) == (None, ["07:15"])
        assert schedules(stream_id) == {}
        assert api.get(f"/streams/{stream_id}/leads").json_body["total"] == leads
        (account,) = api.get("/accounts").json_body["active"]
        assert account["assignedSegmentIds"] == []
        for verb in ("run", "re-test"):
            answer = api.post(f"/streams/{stream_id}/{verb}")
            assert (answer.status_code, answer.json_body["error"]) == (400, "Stream is archived")

    def test_a_body_is_refused(self, api: Api) -> None:
        stream_id = api.create_stream()["id"]
        answer = api.delete(f"/streams/{stream_id}", {"now": True})
        assert answer.json_body["details"][0]["field"] == "now"
