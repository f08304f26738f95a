"""Clauses of the contract's checklist that run across rooms: filters, states, what is not there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from chalice.test import HTTPResponse

from chalicelib import errors
from chalicelib.runs.table import RunItem
from tests.api.house import fresh
from tests.api.lead_lists import ids_of
from tests.api.stream_hand import SEGMENT, owned, pair, set_user, stream
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.refusals import assert_refused

LAPSED = ("canceled", "unpaid", "incomplete", "incomplete_expired", "paused")
LIVE = ("active", "past_due", "trialing")


class TestMe:
    def test_it_shows_the_awake_and_their_sums(self, api: Api) -> None:
        created = api.create_stream(pairs=[pair(), pair("tidewater", "pro")])
        api.post(f"/streams/{created['id']}/run")
        accounts = api.get("/me").json_body["accounts"]
        assert [each["xHandle"] for each in accounts] == ["tidewater", "orbitdesk"]
        api.post(f"/accounts/{created['accounts'][0]['accountId']}/sleep")
        me = api.get("/me").json_body
        assert [each["xHandle"] for each in me["accounts"]] == ["tidewater"]
        for shown in (me, {**me, "accounts": accounts}):
            for each in shown["accounts"]:
                sync, retest = each["dailySync"], each["monthlyRetest"]
                assert sync["remaining"] == sync["cap"] - sync["used"]
                assert retest["remaining"] == retest["budget"] - retest["used"]
        assert me["totals"] == {"monthlyRetestRemaining": 100, "dailySyncRemaining": 3}

    @pytest.mark.parametrize(("balance", "is_low"), [(9, True), (10, True), (11, False)])
    def test_low_is_the_threshold_itself(self, api: Api, balance: int, is_low: bool) -> None:
        set_user(api, credits=balance)
        credits = api.get("/me").json_body["credits"]
        assert (credits["balance"], credits["isLow"]) == (balance, is_low)


class TestStreams:
    def test_nothing_runs_unless_it_is_asked_for(self, api: Api, queues: QueueHand) -> None:
        created = api.create_stream()
        assert "run" not in created
        queues.drain()
        assert api.get("/runs").json_body["runs"] == []
        assert api.get("/me").json_body["accounts"][0]["dailySync"]["used"] == 0

    def test_the_list_counts_and_tells_the_runs(self, api: Api, queues: QueueHand) -> None:
        busy = api.create_stream(runNow=True, syncTimes=["07:15"])["id"]
        idle = api.create_stream(syncTimes=[])["id"]
        queues.drain()
        lead = api.get(f"/streams/{busy}/leads?limit=1").json_body["leads"][0]
        api.post(f"/leads/{lead['id']}/export")
        listed = {each["id"]: each for each in api.get("/streams").json_body["streams"]}
        run = api.get(f"/streams/{busy}/runs").json_body["runs"][0]
        everybody = api.get(f"/streams/{busy}/leads?lifecycle=all&summary=true").json_body
        assert listed[busy]["leadCounts"] == {
            "high": everybody["highFitCount"],
            "medium": everybody["mediumFitCount"],
            "exported": 1,
        }
        assert listed[busy]["lastRun"] == {
            name: run[name] for name in ("id", "status", "completedAt")
        }
        assert listed[busy]["nextRunAt"].endswith("T07:15:00Z")
        assert (listed[idle]["lastRun"], listed[idle]["nextRunAt"]) == (None, None)
        assert listed == {each: stream(api, each) for each in (busy, idle)}

    def test_a_handle_that_is_none_leaves_nothing(self, api: Api) -> None:
        pairs = [pair(), pair("nobody_at_all")]
        assert_refused(api.post("/streams", {"pairs": pairs}), errors.HandleNotFound)
        assert owned(api) == []
        shown = api.get("/accounts").json_body
        assert (shown["active"], shown["sleeping"]) == ([], [])
        assert api.get("/segments").json_body["segments"] == []


class TestRuns:
    def test_thirty_a_page_unless_it_is_said_and_a_hundred_at_most(
        self, api: Api, queues: QueueHand
    ) -> None:
        stream_id = api.create_stream(runNow=True)["id"]
        queues.drain()
        (run,) = RunItem.query(stream_id)
        for _ in range(100):
            run.run_id += 1
            run.save()
        for path in (f"/streams/{stream_id}/runs", "/runs"):
            page = api.get(path).json_body
            assert (len(page["runs"]), page["nextCursor"] is None) == (30, False)
            page = api.get(f"{path}?limit=100").json_body
            assert (len(page["runs"]), page["nextCursor"] is None) == (100, False)
            rest = api.get(f"{path}?limit=100&cursor={page['nextCursor']}").json_body
            assert (len(rest["runs"]), rest["nextCursor"]) == (1, None)
            assert_refused(api.get(f"{path}?limit=101"), errors.InvalidRequest)


def _matches(lead: dict[str, Any], wanted: dict[str, str]) -> bool:
    is_exported = lead["exportedAt"] is not None
    return (
        wanted.get("lifecycle", "new") in ("all", "exported" if is_exported else "new")
        and lead["matchConfidence"] in (wanted.get("matchConfidence", lead["matchConfidence"]),)
        and (lead["matchConfidence"] is not None or "includeUnmatched" in wanted)
        and lead["discoveredAt"] > wanted.get("since", "")
        and str(lead["trackedXAccountId"])
        == wanted.get("accountId", str(lead["trackedXAccountId"]))
        and str(lead["segmentId"]) == wanted.get("segmentId", str(lead["segmentId"]))
    )


class TestLeads:
    def test_every_filter_alone_and_together(self, api: Api, queues: QueueHand) -> None:
        filters = {"job_role": ["Founder", "Software Engineer"], "industry": ["SaaS"]}
        wanted = {"description": "builders", "appliedSearchFilters": filters}
        pairs = [pair(each, "pro", segment=wanted) for each in ("orbitdesk", "tidewater")]
        made = api.create_stream(pairs=pairs, runNow=True)
        path = f"/streams/{made['id']}/leads"
        queues.drain()
        first = api.get(f"{path}?limit=500").json_body["leads"]
        for lead in first[::5]:
            fresh(api).post(f"/leads/{lead['id']}/export")
        everybody = api.get(f"{path}?lifecycle=all&includeUnmatched=true&limit=500").json_body
        fits = {each["matchConfidence"] for each in everybody["leads"]}
        assert fits == {"high", "medium", None}
        choices: dict[str, list[str]] = {
            "lifecycle": ["new", "exported", "all"],
            "matchConfidence": ["high", "medium"],
            "accountId": [str(each["accountId"]) for each in made["accounts"]],
            "segmentId": [str(made["segments"][0]["segmentId"])],
            "since": ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"],
            "includeUnmatched": ["true"],
        }
        options = [[None, *values] for values in choices.values()]
        for chosen in itertools.product(*options):
            wanted = {name: value for name, value in zip(choices, chosen, strict=True) if value}
            if {"includeUnmatched", "matchConfidence"} <= wanted.keys() or 2 < len(wanted) < 5:
                continue  # these two refuse each other; and pairs of filters tell enough
            query = "&".join(f"{name}={value}" for name, value in wanted.items())
            self._agree(api, path, query, everybody["leads"], wanted)

    def _agree(
        self, api: Api, path: str, query: str, people: list[dict[str, Any]], wanted: dict[str, str]
    ) -> None:
        expected = [lead for lead in people if _matches(lead, wanted)]
        page = fresh(api).get(f"{path}?limit=500&{query}").json_body
        assert ids_of(page) == [lead["id"] for lead in expected], query
        assert (page["total"], page["hasMore"], page["nextCursor"]) == (len(expected), False, None)
        summary = fresh(api).get(f"{path}?summary=true&{query}").json_body
        fits = [lead["matchConfidence"] for lead in expected]
        assert summary == {
            "highFitCount": fits.count("high"),
            "mediumFitCount": fits.count("medium"),
        }, query

    @pytest.mark.parametrize("lead_id", ["5", "0", "abc", "9007199254740991"])
    def test_no_such_lead_to_judge(self, api: Api, lead_id: str) -> None:
        body = {"segmentId": 5, "feedback": "good"}
        assert_refused(api.post(f"/leads/{lead_id}/feedback", body), errors.LeadNotFound)


Call = Callable[[Api, dict[str, Any]], HTTPResponse]
ROUTES: dict[str, Call] = {
    "create": lambda api, _: api.post("/streams", {"pairs": [pair("smallharbor")]}),
    "patch": lambda api, made: api.patch(
        f"/streams/{made['id']}", {"pairs": [pair("smallharbor"), *_known(made)]}
    ),
    "run": lambda api, made: api.post(f"/streams/{made['id']}/run"),
    "re-test": lambda api, made: api.post(f"/streams/{made['id']}/re-test"),
    "wake": lambda api, made: api.post(f"/accounts/{_sleeper(made)}/wake"),
    "change-tier": lambda api, made: api.post(
        f"/accounts/{made['accounts'][0]['accountId']}/change-tier", {"newTier": "growth"}
    ),
}
"""What a lapsed subscription may not do."""


def _known(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"accountId": made["accounts"][0]["accountId"], "segment": SEGMENT}]


def _sleeper(made: dict[str, Any]) -> int:
    return int(made["accounts"][1]["accountId"])


@pytest.fixture
def made(api: Api) -> dict[str, Any]:
    """A stream with two accounts, of which the second sleeps."""
    created = api.create_stream(pairs=[pair(), pair("tidewater")])
    assert api.post(f"/accounts/{_sleeper(created)}/sleep").status_code == 200
    return created


class TestSubscriptions:
    @pytest.mark.parametrize("status", LAPSED)
    def test_a_lapsed_one_on_each_route(self, api: Api, made: dict[str, Any], status: str) -> None:
        set_user(api, status=status)
        before = (owned(api), stream(api, made["id"]), api.get("/accounts").json_body)
        for call in ROUTES.values():
            assert_refused(call(api, made), errors.SubscriptionRequired)
        assert (owned(api), stream(api, made["id"]), api.get("/accounts").json_body) == before
        assert api.get("/runs").json_body["runs"] == []

    @pytest.mark.parametrize("status", LIVE)
    def test_a_live_one_on_each_route(self, api: Api, made: dict[str, Any], status: str) -> None:
        set_user(api, status=status)
        for name, call in ROUTES.items():
            answer = call(api, made)
            assert answer.status_code < 300, (name, answer.body)

    @pytest.mark.parametrize("tier", ["growth", "pro"])
    def test_what_only_subscribers_have(self, free_api: Api, tier: str) -> None:
        answer = free_api.post("/streams", {"pairs": [pair(tier=tier)]})
        assert_refused(answer, errors.SubscriptionRequired)
        assert owned(free_api) == []
        account_id = free_api.create_stream(pairs=[pair()])["accounts"][0]["accountId"]
        answer = free_api.post(f"/accounts/{account_id}/change-tier", {"newTier": tier})
        assert_refused(answer, errors.SubscriptionRequired)
        assert_refused(free_api.post("/billing/portal"), errors.SubscriptionRequired)
