"""The main job over HTTP: a stream, its runs, its leads, and every error that these declare."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.auth.users import SELF, UserItem
from chalicelib.workspace import rows
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS, MATCHING

INLINE = {"description": "software engineers and founders"}


def _pair(**fields: Any) -> dict[str, Any]:
    return {"accountHandle": "orbitdesk", "accountTier": "pro", "segment": INLINE, **fields}


def _workspace(api: Api) -> list[str]:
    return [row.key for row in rows(api.user_id, "account", "stream") if row.key != SELF]


class TestMe:
    def test_a_new_subscriber(self, api: Api) -> None:
        me = api.get("/me").json_body
        assert me["subscriptionStatus"] == "active"
        assert me["isFreeTier"] is False
        assert me["accounts"] == []
        assert me["credits"] == {
            "balance": 10,
            "lowBalanceThreshold": 10,
            "isLow": True,
            "autoTopupEnabled": False,
        }

    @pytest.mark.moto
    def test_budgets_add_up(self, api: Api) -> None:
        api.create_stream()
        api.create_stream(pairs=[_pair(accountHandle="tidewater", accountTier="growth")])
        me = api.get("/me").json_body
        assert [account["xHandle"] for account in me["accounts"]] == ["tidewater", "orbitdesk"]
        assert me["accounts"][0]["dailySync"] == {"used": 0, "cap": 2, "remaining": 2}
        assert me["totals"] == {"monthlyRetestRemaining": 130, "dailySyncRemaining": 6}

    def test_a_free_user_has_no_retests(self, free_api: Api) -> None:
        free_api.create_stream(pairs=[_pair(accountTier="starter")])
        me = free_api.get("/me").json_body
        assert me["isFreeTier"] is True
        assert me["accounts"][0]["monthlyRetest"]["budget"] == 0
        assert me["accounts"][0]["dailySync"]["cap"] == 1


class TestCredentials:
    @pytest.mark.parametrize(
        ("header", "code"),
        [
            (None, "missing_api_key"),
            ("Basic abc", "malformed_api_key"),
            ("Bearer ctgo_short", "malformed_api_key"),
            ("Bearer ctgo_" + "0" * 40, "invalid_api_key"),
        ],
    )
    @pytest.mark.usefixtures("aws")
    def test_refusals(self, header: str | None, code: str) -> None:
        headers = {} if header is None else {"Authorization": header}
        answer = Api(None).request("GET", "/me", headers=headers)
        assert (answer.status_code, answer.json_body["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["X-Request-Id"] == answer.json_body["requestId"]
        assert "Access-Control-Allow-Origin" in answer.headers

    def test_rate_limit(self, api: Api) -> None:
        answers = [api.get("/segments") for _ in range(130)]
        refused = [answer for answer in answers if answer.status_code == 429]
        served = [answer for answer in answers if answer.status_code == 200]
        # 130 requests meet at most three fixed minutes of 60.
        assert 10 <= len(refused) <= 70
        assert len(served) + len(refused) == 130
        assert refused[-1].json_body["code"] == "rate_limited"
        assert 1 <= int(refused[-1].headers["Retry-After"]) <= 60
        assert refused[-1].headers["X-RateLimit-Remaining"] == "0"
        assert served[0].headers["X-RateLimit-Limit"] == "60"


class TestCreateStream:
    @pytest.mark.moto
    def test_one_call_makes_everything(self, api: Api) -> None:
        created = api.create_stream(
            name="Builders", syncTimes=["18:30", "07:15"], timezone="Europe/Lisbon"
        )
        assert created["accounts"] == [
            {
                "handle": "orbitdesk",
                "accountId": created["accounts"][0]["accountId"],
                "accountCreated": True,
                "billingDelta": "unused_slot_used",
            }
        ]
        assert created["segments"][0]["segmentCreated"] is True
        assert "run" not in created
        assert "webhookSecret" not in created
        stream = api.get(f"/streams/{created['id']}").json_body["stream"]
        assert stream["syncTimes"] == ["07:15", "18:30"]
        assert stream["pairs"][0]["accountHandle"] == "orbitdesk"
        assert stream["pairs"][0]["accountTier"] == "pro"
        assert stream["pairs"][0]["segment"]["description"] == INLINE["description"]
        assert stream["leadCounts"] == {"high": 0, "medium": 0, "exported": 0}
        assert stream["lastRun"] is None
        assert stream["nextRunAt"].endswith(
            ("T06:15:00Z", "T07:15:00Z", "T17:30:00Z", "T18:30:00Z")
        )

    def test_defaults(self, api: Api) -> None:
        stream_id = api.create_stream()["id"]
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert stream["name"] == "software engineers and founders · @orbitdesk"
        assert len(stream["syncTimes"]) == 1
        assert stream["timezone"] == "UTC"

    def test_manual_only(self, api: Api) -> None:
        stream_id = api.create_stream(syncTimes=[])["id"]
        assert api.get(f"/streams/{stream_id}").json_body["stream"]["nextRunAt"] is None

    @pytest.mark.moto
    def test_known_account_and_segment_are_used_again(self, api: Api) -> None:
        first = api.create_stream()
        account_id = first["accounts"][0]["accountId"]
        segment_id = first["segments"][0]["segmentId"]
        second = api.create_stream(pairs=[{"accountId": account_id, "segmentId": segment_id}])
        assert second["accounts"][0]["accountCreated"] is False
        assert second["accounts"][0]["billingDelta"] == "none"
        assert second["segments"] == [{"segmentId": segment_id, "segmentCreated": False}]
        segments = api.get("/segments").json_body["segments"]
        assert [segment["linkedStreamCount"] for segment in segments] == [2]

    def test_equal_inline_segments_are_one(self, api: Api) -> None:
        created = api.create_stream(pairs=[_pair(), _pair(accountHandle="@TideWater")])
        assert len(created["segments"]) == 1
        assert [account["handle"] for account in created["accounts"]] == ["orbitdesk", "tidewater"]

    def test_run_now(self, api: Api, queues: QueueHand) -> None:
        created = api.create_stream(runNow=True)
        assert len(created["run"]["queued"]) == 1
        queues.drain()
        assert (
            api.get(f"/streams/{created['id']}/runs").json_body["runs"][0]["status"] == "succeeded"
        )

    def test_a_webhook_comes_with_its_secret(self, api: Api) -> None:
        created = api.create_stream(
            deliveryDestination="leads_plus_webhook", webhookUrl="https://1.1.1.1/hook"
        )
        assert created["webhookSecret"].startswith("whsec_")
        assert created["webhookSecret"] not in api.get(f"/streams/{created['id']}").body.decode()

    @pytest.mark.parametrize(
        ("body", "faults"),
        [
            ({}, {"pairs": "is required"}),
            ({"pairs": []}, {"pairs": "at least 1 item"}),
            ({"pairs": [_pair()] * 51}, {"pairs": "at most 50 items"}),
            ({"pairs": [_pair()], "colour": 1}, {"colour": "is not a known field"}),
            ({"pairs": [_pair(accountHandle="x y")]}, {"pairs[0].accountHandle": "pattern"}),
            ({"pairs": [{"accountHandle": "a"}]}, {"pairs[0]": "segmentId and segment"}),
            ({"pairs": [_pair(accountId=5)]}, {"pairs[0]": "accountId and accountHandle"}),
            ({"pairs": [{"accountId": "18", "segmentId": 1}]}, {"pairs[0].accountId": "integer"}),
            ({"pairs": [{"accountId": True, "segmentId": 1}]}, {"pairs[0].accountId": "integer"}),
            ({"pairs": [_pair()], "syncTimes": ["7:15"]}, {"syncTimes[0]": "pattern"}),
            ({"pairs": [_pair()], "syncTimes": ["07:10"]}, {"syncTimes[0]": "pattern"}),
            ({"pairs": [_pair()], "syncTimes": ["0\u0663:15"]}, {"syncTimes[0]": "pattern"}),
            ({"pairs": [_pair()], "syncTimes": ["07:15", "07:15"]}, {"syncTimes": "twice"}),
            ({"pairs": [_pair()], "syncTimes": None}, {"syncTimes": "must be an array"}),
            ({"pairs": [_pair()], "timezone": "Lisbon"}, {"timezone": "IANA"}),
            ({"pairs": [_pair()], "name": ""}, {"name": "at least 1 character"}),
            ({"pairs": [_pair()], "emailMode": "ANY"}, {"emailMode": "'verified' or 'any'"}),
            (
                {"pairs": [_pair()], "deliveryDestination": "leads_plus_webhook"},
                {"webhookUrl": "is required"},
            ),
            (
                {"pairs": [_pair()], "csvEmailRecipients": {"to": "nobody", "format": "csv"}},
                {"csvEmailRecipients.to[0]": "email"},
            ),
            (
                {
                    "pairs": [_pair()],
                    "csvEmailRecipients": {
                        "to": ["A <a@example.org>", "a@example.org"],
                        "cc": ["\u00e4@example.org"],
                        "format": "csv",
                    },
                },
                {"csvEmailRecipients.to[0]": "e-mail", "csvEmailRecipients.cc[0]": "e-mail"},
            ),
            (
                {"pairs": [_pair(accountTier="gold")], "syncTimes": ["x"], "runNow": "yes"},
                {"pairs[0].accountTier": "", "syncTimes[0]": "", "runNow": ""},
            ),
        ],
    )
    def test_every_fault_is_named_and_nothing_is_stored(
        self, api: Api, body: dict[str, Any], faults: dict[str, str]
    ) -> None:
        answer = api.post("/streams", body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        details = {fault["field"]: fault["message"] for fault in answer.json_body["details"]}
        for field, words in faults.items():
            assert words in details.get(field, "absent" if words else ""), details
        assert _workspace(api) == []

    @pytest.mark.parametrize("raw", [b"{", b"nope", b'{"pairs": [}', b"\xff\xfe"])
    def test_a_body_that_is_not_json(self, api: Api, raw: bytes) -> None:
        answer = api.request("POST", "/streams", raw, {"Content-Type": "text/plain"})
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_json")

    @pytest.mark.parametrize("raw", [b"[]", b"5", b'"x"', b"null"])
    def test_a_body_that_is_no_object(self, api: Api, raw: bytes) -> None:
        answer = api.request("POST", "/streams", raw)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")

    def test_body_limit(self, api: Api) -> None:
        body = json.dumps({"pairs": [_pair()]}).encode()
        assert api.request("POST", "/streams", body.ljust(262_144)).status_code == 201
        answer = api.request("POST", "/streams", body.ljust(262_145))
        assert (answer.status_code, answer.json_body["code"]) == (413, "body_too_large")

    def test_two_orphan_labels_at_once(self, api: Api) -> None:
        filters = {"job_role": ["Grand Poobah", "CEO"], "skill": ["Basket Weaving"]}
        segment = {**INLINE, "appliedSearchFilters": filters}
        answer = api.post("/streams", {"pairs": [_pair(segment=segment)]})
        assert (answer.status_code, answer.json_body["code"]) == (400, "orphan_label")
        orphans = answer.json_body["orphans"]
        assert [(o["category"], o["label"]) for o in orphans] == [
            ("job_role", "Grand Poobah"),
            ("skill", "Basket Weaving"),
        ]
        assert all(0 < len(orphan["suggestions"]) <= 3 for orphan in orphans)
        assert _workspace(api) == []

    def test_two_segments_in_one_stream(self, api: Api) -> None:
        other = _pair(accountHandle="tidewater", segment={"description": "nurses"})
        answer = api.post("/streams", {"pairs": [_pair(), other]})
        assert (answer.status_code, answer.json_body["code"]) == (400, "stream_multi_segment")

    def test_doubles_are_refused_by_both_places(self, api: Api) -> None:
        answer = api.post("/streams", {"pairs": [_pair(), _pair(accountHandle="@OrbitDesk")]})
        assert answer.json_body["details"] == [
            {
                "field": "pairs[1]",
                "message": "names the same account and segment as pairs[0]",
            }
        ]

    @pytest.mark.parametrize(
        ("pair", "status", "error"),
        [
            ({"accountId": 77, "segment": INLINE}, 404, "Account not found"),
            ({"accountHandle": "orbitdesk", "segmentId": 77}, 404, "Segment not found"),
            (_pair(accountHandle="nobody_at_all"), 404, "handle_not_found"),
            (_pair(accountHandle="gonecomet"), 404, "handle_not_found"),
            (_pair(accountHandle="lockedgarden"), 422, "handle_protected"),
        ],
    )
    def test_what_is_not_there(
        self, api: Api, pair: dict[str, Any], status: int, error: str
    ) -> None:
        answer = api.post("/streams", {"pairs": [pair]})
        assert (answer.status_code, answer.json_body["error"]) == (status, error)
        assert _workspace(api) == []

    def test_ids_of_another_user(self, api: Api) -> None:
        created = api.create_stream()
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            foreign_account = {"accountId": created["accounts"][0]["accountId"], "segment": INLINE}
            assert other.post("/streams", {"pairs": [foreign_account]}).status_code == 404
            foreign_segment = _pair(segmentId=created["segments"][0]["segmentId"])
            del foreign_segment["segment"]
            assert other.post("/streams", {"pairs": [foreign_segment]}).status_code == 404
            for path in ("", "/runs", "/leads", "/runs/5"):
                answer = other.get(f"/streams/{created['id']}{path}")
                assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")
            assert other.post(f"/streams/{created['id']}/run").status_code == 404

    def test_free_user_limits(self, free_api: Api) -> None:
        paid = free_api.post("/streams", {"pairs": [_pair()]})
        assert (paid.status_code, paid.json_body["code"]) == (403, "subscription_required")
        starter = _pair(accountTier="starter")
        assert free_api.post("/streams", {"pairs": [starter]}).status_code == 201
        second = free_api.post("/streams", {"pairs": [{**starter, "accountHandle": "tidewater"}]})
        assert (second.status_code, second.json_body["code"]) == (403, "free_account_limit")
        capped = free_api.post("/streams", {"pairs": [starter]})
        assert (capped.status_code, capped.json_body["code"]) == (400, "stream_cap_exceeded")
        manual = free_api.post("/streams", {"pairs": [starter], "syncTimes": []})
        assert manual.status_code == 201

    def test_more_times_than_daily_syncs(self, api: Api) -> None:
        pair = _pair(accountTier="starter")
        answer = api.post("/streams", {"pairs": [pair], "syncTimes": ["07:15", "08:15"]})
        assert answer.json_body["details"][0]["field"] == "syncTimes"

    @pytest.mark.parametrize("status", ["canceled", "unpaid", "paused"])
    def test_a_lapsed_subscription_adds_nothing(self, api: Api, status: str) -> None:
        UserItem(api.user_id, SELF).update(actions=[UserItem.status.set(status)])
        answer = api.post("/streams", {"pairs": [_pair()]})
        assert (answer.status_code, answer.json_body["code"]) == (403, "subscription_required")

    @pytest.mark.parametrize(
        "url",
        ["http://example.com/x", "https://127.0.0.1/x", "https://[::1]/", "https://10.0.0.1/"],
    )
    def test_unsafe_urls(self, api: Api, url: str) -> None:
        answer = api.post("/streams", {"pairs": [_pair()], "webhookUrl": url})
        assert (answer.status_code, answer.json_body["code"]) == (400, "unsafe_url")

    def test_no_provider_answers(self, api: Api, x_world: Server) -> None:
        api.request("GET", "/me")
        for vendor in ("scrapebadger", "apify"):
            _fault(x_world, vendor, "503")
        answer = api.post("/streams", {"pairs": [_pair(accountHandle="smallharbor")]})
        assert (answer.status_code, answer.json_body["code"]) == (503, "handle_lookup_failed")
        assert int(answer.headers["Retry-After"]) > 0
        assert _workspace(api) == []


def _fault(x_world: Server, vendor: str, kind: str) -> None:
    import httpx

    fault = {"vendor": vendor, "path": "", "kind": kind, "times": -1}
    httpx.post(f"{x_world.url}/_control/faults", json=[fault]).raise_for_status()


class TestRunsAndLeads:
    @pytest.mark.moto
    def test_a_run_finds_leads_and_a_second_only_newcomers(
        self, api: Api, queues: QueueHand, x_world: Server
    ) -> None:
        stream_id = api.create_stream()["id"]
        started = api.post(f"/streams/{stream_id}/run")
        assert started.status_code == 202
        run_id = started.json_body["queued"][0]["syncRunId"]
        queued = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
        assert (queued["status"], queued["completedAt"]) == ("queued", None)

        queues.drain()
        run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
        assert run["status"] == "succeeded"
        assert run["newFollowersCount"] == FOLLOWERS
        assert run["candidatesPassedCount"] == MATCHING
        assert run["completeness"] == {"expected": 120, "seen": 120, "complete": True}
        assert run["provider"] == "scrapebadger"
        steps = [line["step"] for line in run["progressLog"]]
        assert steps[0] == "queued"
        assert steps[-3:] == ["store", "deliver", "done"]

        leads = api.get(f"/streams/{stream_id}/leads").json_body
        assert leads["total"] == MATCHING
        assert {lead["sourceType"] for lead in leads["leads"]} == {"existing_follower"}
        assert all(lead["reasons"] for lead in leads["leads"])

        x_world.world.grow("orbitdesk", 5)
        second = api.post(f"/streams/{stream_id}/run").json_body["queued"][0]["syncRunId"]
        queues.drain()
        run = api.get(f"/streams/{stream_id}/runs/{second}").json_body["run"]
        assert (run["newFollowersCount"], run["status"]) == (5, "succeeded")
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert stream["lastRun"]["id"] == second
        total = stream["leadCounts"]["high"] + stream["leadCounts"]["medium"]
        assert total == MATCHING + run["candidatesPassedCount"]

    @pytest.mark.moto
    def test_filters_counts_and_cursor_walk(self, api: Api, queues: QueueHand) -> None:
        created = api.create_stream(runNow=True)
        queues.drain()
        path = f"/streams/{created['id']}/leads"
        summary = api.get(f"{path}?summary=true").json_body
        assert summary["highFitCount"] + summary["mediumFitCount"] == MATCHING
        for confidence, name in (("high", "highFitCount"), ("medium", "mediumFitCount")):
            page = api.get(f"{path}?matchConfidence={confidence}").json_body
            assert page["total"] == len(page["leads"]) == summary[name]
        everybody = api.get(f"{path}?includeUnmatched=true&limit=500").json_body
        assert everybody["total"] == len(everybody["leads"]) > MATCHING
        account_id = created["accounts"][0]["accountId"]
        assert api.get(f"{path}?accountId={account_id}").json_body["total"] == MATCHING
        assert api.get(f"{path}?accountId=12345").json_body["error"] == "Account not found"
        assert api.get(f"{path}?lifecycle=exported").json_body["leads"] == []
        assert api.get(f"{path}?since=2020-01-01T00:00:00Z").json_body["total"] == MATCHING
        assert api.get(f"{path}?since=2099-01-01T00:00:00Z").json_body["total"] == 0

        seen: list[int] = []
        following = f"{path}?limit=7"
        while True:
            page = api.get(following).json_body
            seen += [lead["id"] for lead in page["leads"]]
            assert page["total"] == MATCHING
            if not page["hasMore"]:
                assert page["nextCursor"] is None
                break
            following = f"{path}?limit=7&cursor={page['nextCursor']}"
        assert len(seen) == len(set(seen)) == MATCHING
        whole = [lead["id"] for lead in api.get(f"{path}?limit=500").json_body["leads"]]
        assert seen == whole
        assert [lead["id"] for lead in api.get(f"{path}?limit=5&offset=3").json_body["leads"]] == (
            whole[3:8]
        )

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("limit=ten", "limit"),
            ("limit=5&limit=6", "limit"),
            ("summary=yes", "summary"),
            ("since=2026-07-05", "since"),
            ("since=2026-07-05T06:15:00", "since"),
            ("matchConfidence=full", "matchConfidence"),
            ("colour=red", "colour"),
            ("includeUnmatched=true&matchConfidence=high", "includeUnmatched"),
            ("cursor=abc", "cursor"),
        ],
    )
    def test_bad_queries(self, api: Api, query: str, field: str) -> None:
        stream_id = api.create_stream()["id"]
        answer = api.get(f"/streams/{stream_id}/leads?{query}")
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert field in {fault["field"] for fault in answer.json_body["details"]}

    def test_a_cursor_is_bound_to_its_filters(self, api: Api, queues: QueueHand) -> None:
        stream_id = api.create_stream(runNow=True)["id"]
        queues.drain()
        page = api.get(f"/streams/{stream_id}/leads?limit=2").json_body
        answer = api.get(f"/streams/{stream_id}/leads?lifecycle=all&cursor={page['nextCursor']}")
        assert (answer.status_code, answer.json_body["code"]) == (400, "cursor_mismatch")

    @pytest.mark.moto
    def test_run_refusals(self, api: Api, queues: QueueHand) -> None:
        stream_id = api.create_stream(pairs=[_pair(accountTier="starter")])["id"]
        account = api.get("/accounts").json_body["active"][0]["id"]
        assert len(api.post(f"/streams/{stream_id}/run").json_body["queued"]) == 1
        again = api.post(f"/streams/{stream_id}/run")
        assert again.status_code == 202
        assert again.json_body["skipped"] == [
            {"trackedAccountId": account, "reason": "already_running"}
        ]
        queues.drain()
        spent = api.post(f"/streams/{stream_id}/run")
        assert (spent.status_code, spent.json_body["code"]) == (403, "daily_sync_limit")

    @pytest.mark.moto
    def test_history_pages(self, api: Api, queues: QueueHand) -> None:
        streams = [api.create_stream(runNow=True)["id"] for _ in range(3)]
        queues.drain()
        page = api.get("/runs?limit=2").json_body
        rest = api.get(f"/runs?limit=2&cursor={page['nextCursor']}").json_body
        assert rest["nextCursor"] is None
        found = [run["streamId"] for run in page["runs"] + rest["runs"]]
        assert sorted(found) == sorted(streams)
        assert len(api.get(f"/runs?streamId={streams[0]}&status=succeeded").json_body["runs"]) == 1
        assert api.get("/runs?source=cron").json_body["runs"] == []
        assert api.get("/runs?streamId=5").json_body["error"] == "Stream not found"
        assert api.get(f"/streams/{streams[0]}/runs/5").json_body["code"] == "run_not_found"
