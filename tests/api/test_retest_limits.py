"""Who may have what re-tested, and what that costs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.streams.table import StreamItem
from tests.api.retests import (
    OF_A_KIND,
    accounts_of,
    leads_of,
    made_stream,
    pair_of,
    retest,
    spend,
    units_used,
)
from tests.api_client import Api
from tests.queue_hand import QueueHand


class TestWhoMay:
    def test_scopes(self, api: Api, queues: QueueHand) -> None:
        pairs = [pair_of(), pair_of("tidewater"), pair_of("smallharbor")]
        stream_id = made_stream(api, queues, *pairs, run=False)
        shown = api.get(f"/streams/{stream_id}").json_body["stream"]["pairs"]
        segment_id = shown[0]["segmentId"]
        by_account = {pair["accountId"]: pair["id"] for pair in shown}
        account_id = accounts_of(api)["tidewater"]
        for scope, wanted in (
            ({}, set(by_account)),
            ({"accountId": account_id}, {account_id}),
            ({"segmentId": segment_id}, set(by_account)),
            ({"accountId": account_id, "segmentId": segment_id}, {account_id}),
        ):
            answer = api.post(f"/streams/{stream_id}/re-test", scope).json_body
            assert answer["skipped"] == []
            assert {each["trackedAccountId"] for each in answer["queued"]} == wanted, scope
            for each in answer["queued"]:
                assert each["pairId"] == by_account[each["trackedAccountId"]]
                assert each["segmentId"] == segment_id
                path = f"/streams/{stream_id}/runs/{each['runId']}"
                assert api.get(path).json_body["run"]["status"] == "queued"
            queues.drain()
        assert units_used(api) == {"orbitdesk": 2, "tidewater": 4, "smallharbor": 2}

    def test_scopes_without_a_pair(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues, run=False)
        own = api.get(f"/streams/{stream_id}").json_body["stream"]["pairs"][0]
        other = api.create_stream(pairs=[pair_of("tidewater", words="founders")])
        account_id = other["accounts"][0]["accountId"]
        segment_id = other["segments"][0]["segmentId"]
        for scope, error in (
            ({"accountId": account_id}, "Account not found"),
            ({"accountId": 5}, "Account not found"),
            ({"segmentId": segment_id}, "Segment not found"),
            ({"segmentId": 5}, "Segment not found"),
            ({"accountId": own["accountId"], "segmentId": segment_id}, "Segment not found"),
            ({"accountId": account_id, "segmentId": own["segmentId"]}, "Account not found"),
        ):
            answer = api.post(f"/streams/{stream_id}/re-test", scope)
            assert (answer.status_code, answer.json_body["error"]) == (404, error), scope
        assert api.get("/runs").json_body["runs"] == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"accountId": "5"}, "accountId"),
            ({"accountId": None}, "accountId"),
            ({"segmentId": 0}, "segmentId"),
            ({"pairId": 5}, "pairId"),
        ],
    )
    def test_bad_bodies(self, api: Api, body: dict[str, Any], field: str) -> None:
        answer = api.post("/streams/5/re-test", body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert [fault["field"] for fault in answer.json_body["details"]] == [field]

    def test_whose_stream(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues, run=False)
        assert Api(None).post(f"/streams/{stream_id}/re-test").status_code == 401
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            for each in (stream_id, 5, "x"):
                answer = other.post(f"/streams/{each}/re-test")
                assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")

    def test_an_archived_stream(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues, run=False)
        archived = StreamItem(api.user_id, StreamItem.at(stream_id))
        archived.update(actions=[StreamItem.is_archived.set(True)])
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert (answer.status_code, answer.json_body["error"]) == (400, "Stream is archived")

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            *((status, 403) for status in ("canceled", "unpaid", "incomplete", "paused")),
            ("incomplete_expired", 403),
            ("trialing", 202),
            ("past_due", 202),
        ],
    )
    def test_subscription_states(self, api: Api, queues: QueueHand, status: str, code: int) -> None:
        stream_id = made_stream(api, queues, run=False)
        UserItem(api.user_id, SELF).update(actions=[UserItem.status.set(status)])
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert answer.status_code == code
        assert code == 202 or answer.json_body["code"] == "subscription_required"

    def test_a_free_user(self, free_api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(free_api, queues, pair_of(tier="starter"))
        answer = free_api.post(f"/streams/{stream_id}/re-test")
        assert (answer.status_code, answer.json_body["code"]) == (403, "free_retest_limit")
        account_id = accounts_of(free_api)["orbitdesk"]
        sleeper = AccountItem(free_api.user_id, AccountItem.at(account_id))
        sleeper.update(actions=[AccountItem.is_awake.set(False)])
        answer = free_api.post(f"/streams/{stream_id}/re-test")
        assert answer.status_code == 202
        assert answer.json_body["skipped"][0]["reason"] == "account_sleeping"

    @pytest.mark.parametrize(
        ("tier", "units", "code"),
        [
            ("starter", 12, "retest_limit"),
            ("growth", 30, "retest_limit"),
            ("pro", 100, "retest_limit_pro"),
        ],
    )
    @pytest.mark.moto
    def test_the_budget_of_a_tier(
        self, api: Api, queues: QueueHand, tier: str, units: int, code: str
    ) -> None:
        stream_id = made_stream(api, queues, pair_of(tier=tier), run=False)
        account_id = accounts_of(api)["orbitdesk"]
        spend(api, account_id, units - 1)
        assert retest(api, queues, stream_id)["status"] == "succeeded"
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert (answer.status_code, answer.json_body["code"]) == (403, code)
        assert units_used(api) == {"orbitdesk": units}
        assert len(api.get("/runs").json_body["runs"]) == 1

        begins = datetime(2030, 1, 1, tzinfo=UTC)  # the next billing period
        UserItem(api.user_id, SELF).update(actions=[UserItem.period_start.set(begins)])
        assert retest(api, queues, stream_id)["status"] == "succeeded"
        assert units_used(api) == {"orbitdesk": 1}

    def test_a_mixed_answer(self, api: Api, queues: QueueHand) -> None:
        handles = ("orbitdesk", "tidewater", "smallharbor", "fernhill_labs")
        stream_id = made_stream(api, queues, *(pair_of(each) for each in handles), run=False)
        accounts = accounts_of(api)
        spend(api, accounts["tidewater"], 100)
        AccountItem(api.user_id, AccountItem.at(accounts["smallharbor"])).update(
            actions=[AccountItem.is_awake.set(False)]
        )
        scope = {"accountId": accounts["fernhill_labs"]}
        assert api.post(f"/streams/{stream_id}/re-test", scope).status_code == 202
        answer = api.post(f"/streams/{stream_id}/re-test")
        assert answer.status_code == 202
        assert [each["trackedAccountId"] for each in answer.json_body["queued"]] == [
            accounts["orbitdesk"]
        ]
        reasons = {each["trackedAccountId"]: each["reason"] for each in answer.json_body["skipped"]}
        assert reasons == {
            accounts["tidewater"]: "budget_exhausted",
            accounts["smallharbor"]: "account_sleeping",
            accounts["fernhill_labs"]: "already_running",
        }

    def test_while_one_is_under_way(self, api: Api, queues: QueueHand) -> None:
        stream_id = made_stream(api, queues)
        assert len(api.post(f"/streams/{stream_id}/re-test").json_body["queued"]) == 1
        again = api.post(f"/streams/{stream_id}/re-test")
        assert again.status_code == 202
        assert again.json_body["queued"] == []
        assert again.json_body["skipped"][0]["reason"] == "already_running"
        assert units_used(api) == {"orbitdesk": 1}
        sync = api.post(f"/streams/{stream_id}/run").json_body
        assert len(sync["queued"]) == 1  # the other mode is not held up
        queues.drain(reverse=True)
        assert {run["status"] for run in api.get("/runs").json_body["runs"]} == {"succeeded"}
        assert len(leads_of(api, stream_id)) == OF_A_KIND
