"""Runs over HTTP: starting them, their life, their history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import time_machine

from bench.trips import counted
from chalicelib.accounts.table import AccountItem
from chalicelib.auth.users import SELF, UserItem
from chalicelib.runs.jobs import StartRun
from chalicelib.runs.table import RunItem
from chalicelib.streams.table import StreamItem
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)


def _pair(handle: str = "orbitdesk", tier: str = "pro") -> dict[str, Any]:
    segment = {"description": "software engineers and founders"}
    return {"accountHandle": handle, "accountTier": tier, "segment": segment}


def _stream(api: Api, *handles: str, tier: str = "pro", **fields: Any) -> int:
    pairs = [_pair(handle, tier) for handle in handles or ("orbitdesk",)]
    return int(api.create_stream(pairs=pairs, **fields)["id"])


def _accounts(api: Api) -> dict[str, int]:
    return {each["xHandle"]: each["id"] for each in api.get("/accounts").json_body["active"]}


def _put_to_sleep(api: Api, account_id: int) -> None:
    AccountItem(api.user_id, AccountItem.at(account_id)).update(
        actions=[AccountItem.is_awake.set(False)]
    )


def _syncs(api: Api) -> dict[str, int]:
    accounts = api.get("/me").json_body["accounts"]
    return {account["xHandle"]: account["dailySync"]["used"] for account in accounts}


class TestStarting:
    @pytest.mark.moto
    def test_one_run_a_pair_and_one_slot_an_account(self, api: Api, queues: QueueHand) -> None:
        handles = ["orbitdesk", "tidewater", "smallharbor"]
        stream_id = _stream(api, *handles)
        accounts = _accounts(api)
        _put_to_sleep(api, accounts["smallharbor"])
        answer = api.post(f"/streams/{stream_id}/run")
        assert answer.status_code == 202
        queued = {
            each["trackedAccountId"]: each["syncRunId"] for each in answer.json_body["queued"]
        }
        assert queued.keys() == {accounts["orbitdesk"], accounts["tidewater"]}
        assert answer.json_body["skipped"] == [
            {"trackedAccountId": accounts["smallharbor"], "reason": "account_sleeping"}
        ]
        assert _syncs(api) == {"orbitdesk": 1, "tidewater": 1}
        queues.drain()
        runs = api.get(f"/streams/{stream_id}/runs").json_body["runs"]
        assert {run["id"]: run["trackedXAccountId"] for run in runs} == {
            run_id: account_id for account_id, run_id in queued.items()
        }
        assert {run["status"] for run in runs} == {"succeeded"}

    def test_a_mixed_answer_and_a_spent_day(self, api: Api, queues: QueueHand) -> None:
        both = _stream(api, "orbitdesk", "tidewater", tier="starter", syncTimes=[])
        alone = _stream(api, "orbitdesk", syncTimes=[])
        with time_machine.travel(START, tick=True) as traveller:
            assert api.post(f"/streams/{alone}/run").status_code == 202
            queues.drain()
            mixed = api.post(f"/streams/{both}/run")
            assert mixed.status_code == 202
            account_id = _accounts(api)["orbitdesk"]
            assert mixed.json_body["skipped"] == [
                {"trackedAccountId": account_id, "reason": "budget_exhausted"}
            ]
            assert len(mixed.json_body["queued"]) == 1
            queues.drain()
            for stream_id in (alone, both):
                spent = api.post(f"/streams/{stream_id}/run")
                assert (spent.status_code, spent.json_body["code"]) == (403, "daily_sync_limit")
            traveller.move_to(datetime(2026, 7, 6, 0, 0, 1, tzinfo=UTC))
            assert len(api.post(f"/streams/{both}/run").json_body["queued"]) == 2

    def test_a_late_trigger_takes_a_sync_of_its_own_day_and_of_no_other(
        self, api: Api, queues: QueueHand
    ) -> None:
        first = _stream(api, tier="starter", syncTimes=["23:45"], timezone="UTC")
        second = _stream(api, tier="starter", syncTimes=["23:45"], timezone="UTC")
        yesterday = datetime(2026, 7, 4, 23, 45, tzinfo=UTC)

        def come_late(stream_id: int, triggered_at: datetime) -> None:
            job = StartRun(
                user_id=api.user_id, stream_id=stream_id, triggered_at=triggered_at, source="cron"
            )
            queues.send("start_run", job.model_dump_json())
            queues.drain()

        with time_machine.travel(START, tick=True):
            assert len(api.post(f"/streams/{first}/run").json_body["queued"]) == 1
            queues.drain()
            come_late(first, yesterday)
            assert _syncs(api) == {"orbitdesk": 1}
            spent = api.post(f"/streams/{first}/run")
            assert (spent.status_code, spent.json_body["code"]) == (403, "daily_sync_limit")
            come_late(second, yesterday)  # it shares the sync of its instant
            come_late(second, yesterday - timedelta(minutes=15))  # yesterday's one sync is taken
            runs = api.get("/runs?source=cron").json_body["runs"]
            assert sorted(run["streamId"] for run in runs) == [first, second]
            assert {run["triggeredAt"] for run in runs} == {"2026-07-04T23:45:00Z"}

    @pytest.mark.parametrize(
        ("status", "code"),
        [("canceled", 403), ("unpaid", 403), ("incomplete", 403), ("past_due", 202)],
    )
    def test_subscription_states(self, api: Api, status: str, code: int) -> None:
        stream_id = _stream(api)
        UserItem(api.user_id, SELF).update(actions=[UserItem.status.set(status)])
        answer = api.post(f"/streams/{stream_id}/run")
        assert answer.status_code == code
        assert code == 202 or answer.json_body["code"] == "subscription_required"

    def test_a_free_user_runs(self, free_api: Api, queues: QueueHand) -> None:
        stream_id = _stream(free_api, tier="starter")
        assert free_api.post(f"/streams/{stream_id}/run").status_code == 202
        queues.drain()
        assert free_api.get(f"/streams/{stream_id}/leads").json_body["total"] > 0
        spent = free_api.post(f"/streams/{stream_id}/run")
        assert (spent.status_code, spent.json_body["code"]) == (403, "daily_sync_limit")

    def test_paused_and_archived_streams(self, api: Api) -> None:
        stream_id = _stream(api)
        row = StreamItem(api.user_id, StreamItem.at(stream_id))
        row.update(actions=[StreamItem.is_active.set(False)])
        assert api.post(f"/streams/{stream_id}/run").status_code == 202
        row.update(actions=[StreamItem.is_archived.set(True)])
        answer = api.post(f"/streams/{stream_id}/run")
        assert (answer.status_code, answer.json_body["error"]) == (400, "Stream is archived")

    def test_a_late_message_of_a_lapsed_or_archived_stream_starts_nothing(
        self, api: Api, queues: QueueHand
    ) -> None:
        stream_id = _stream(api)
        job = StartRun(
            user_id=api.user_id, stream_id=stream_id, triggered_at=START, source="cron"
        ).model_dump_json()
        user = UserItem(api.user_id, SELF)
        stream = StreamItem(api.user_id, StreamItem.at(stream_id))
        user.update(actions=[UserItem.status.set("unpaid")])
        queues.send("start_run", job)
        queues.drain()
        user.update(actions=[UserItem.status.set("active")])
        stream.update(actions=[StreamItem.is_active.set(False)])
        queues.send("start_run", job)
        queues.drain()
        assert api.get("/runs").json_body["runs"] == []
        stream.update(actions=[StreamItem.is_active.set(True)])
        for _ in range(2):
            queues.send("start_run", job)
            queues.drain()
        run, *others = api.get("/runs?source=cron").json_body["runs"]
        assert others == []
        assert run["triggeredAt"] == "2026-07-05T06:15:00Z"

    def test_whose_stream(self, api: Api) -> None:
        stream_id = _stream(api)
        assert Api(None).post(f"/streams/{stream_id}/run").status_code == 401
        assert api.post(f"/streams/{stream_id}/run", {"force": True}).status_code == 400
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            for each in (stream_id, 5, "x"):
                answer = other.post(f"/streams/{each}/run")
                assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")


class TestLife:
    def test_to_the_end(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api)
        run_id = api.post(f"/streams/{stream_id}/run").json_body["queued"][0]["syncRunId"]
        seen = []

        def look(handle: Callable[[], None], _: Callable[[], None]) -> None:
            run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
            last = api.get(f"/streams/{stream_id}").json_body["stream"]["lastRun"]
            assert (last["id"], last["status"]) == (run_id, run["status"])
            seen.append(run)
            handle()

        for function in ("start_run", "scrape", "enrich"):
            while queues.step(function, look):
                continue
        run = api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"]
        seen.append(run)
        states = [each["status"] for each in seen]
        assert states == ["queued", "queued", "running", "running", "running", "succeeded"]
        for name in ("newFollowersCount", "candidatesPassedCount", "skippedBots"):
            counts = [each[name] for each in seen]
            assert counts == sorted(counts)
            assert counts[0] == 0
        assert [each["completedAt"] is None for each in seen] == [True] * 5 + [False]
        assert run["completeness"] == {"expected": FOLLOWERS, "seen": FOLLOWERS, "complete": True}
        assert run["segmentName"] == "software engineers and founders"
        assert (run["source"], run["mode"]) == ("manual", "sync-then-search")
        times = [line["timestamp"] for line in run["progressLog"]]
        assert times == sorted(times)

    def test_a_run_of_another_stream(self, api: Api) -> None:
        one, other = _stream(api), _stream(api)
        run_id = api.post(f"/streams/{one}/run").json_body["queued"][0]["syncRunId"]
        for stream_id, each in ((other, run_id), (one, 5), (one, "x")):
            answer = api.get(f"/streams/{stream_id}/runs/{each}")
            assert (answer.status_code, answer.json_body["error"]) == (404, "run_not_found")
        with Api.for_new_user("other@example.org", subscribed=True) as stranger:
            answer = stranger.get(f"/streams/{one}/runs/{run_id}")
            assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")


class TestHistory:
    @pytest.fixture
    def streams(self, api: Api, queues: QueueHand) -> list[int]:
        """A stream with three runs, and one whose only run failed, by schedule."""
        both = [_stream(api), _stream(api, "tidewater", syncTimes=["06:15"])]
        for _ in range(2):
            api.post(f"/streams/{both[0]}/run")
            queues.drain()
        api.post(f"/streams/{both[0]}/re-test")
        queues.drain()
        return both

    def test_of_one_stream(self, api: Api, streams: list[int]) -> None:
        path = f"/streams/{streams[0]}/runs"
        whole = api.get(path).json_body
        assert whole["nextCursor"] is None
        assert [run["mode"] for run in whole["runs"]] == [
            "re-test",
            "sync-then-search",
            "sync-then-search",
        ]
        order = [(run["triggeredAt"], run["id"]) for run in whole["runs"]]
        assert order == sorted(order, reverse=True)
        walked, page = [], api.get(f"{path}?limit=1").json_body
        walked += page["runs"]
        while page["nextCursor"]:
            page = api.get(f"{path}?limit=2&cursor={page['nextCursor']}").json_body
            walked += page["runs"]
        assert walked == whole["runs"]
        assert api.get(f"/streams/{streams[1]}/runs").json_body == {"runs": [], "nextCursor": None}

    def test_of_all_streams(
        self, api: Api, queues: QueueHand, streams: list[int], x_world: Server
    ) -> None:
        httpx.post(
            f"{x_world.url}/_control/profile", json={"handle": "tidewater", "protected": True}
        )
        job = StartRun(user_id=api.user_id, stream_id=streams[1], triggered_at=START, source="cron")
        queues.send("start_run", job.model_dump_json())
        queues.drain()
        for query, number in (
            ("", 4),
            (f"streamId={streams[0]}", 3),
            ("status=succeeded", 3),
            ("status=failed", 1),
            ("status=queued", 0),
            ("source=cron", 1),
            ("source=manual", 3),
            (f"streamId={streams[0]}&source=cron", 0),
            (f"streamId={streams[1]}&source=cron&status=failed", 1),
        ):
            assert len(api.get(f"/runs?{query}").json_body["runs"]) == number, query
        page = api.get("/runs?limit=1&source=manual").json_body
        cursor = page["nextCursor"]
        assert api.get(f"/runs?source=manual&cursor={cursor}").status_code == 200
        for path in (f"/runs?cursor={cursor}", f"/streams/{streams[0]}/runs?cursor={cursor}"):
            answer = api.get(path)
            assert (answer.status_code, answer.json_body["code"]) == (400, "cursor_mismatch")

    def test_a_rare_one_among_many_is_found_at_once(self, api: Api, streams: list[int]) -> None:
        run_id = api.get(f"/streams/{streams[0]}/runs").json_body["runs"][-1]["id"]
        run = RunItem.get(streams[0], run_id)
        run.update(actions=[RunItem.status.set("failed"), RunItem.source.set("cron")])
        run.status, run.source = "succeeded", "manual"
        for later in range(1, 100):
            run.run_id = run_id + later
            run.save()
        for query, trips in (
            ("status=failed", 2),
            ("status=failed&source=cron", 2),
            (f"streamId={streams[0]}&status=failed", 3),
            (f"streamId={streams[0]}", 3),
        ):
            with counted() as calls:
                page = api.get(f"/runs?limit=1&{query}").json_body
            assert len(calls) == trips, (query, calls)
            assert (page["runs"][0]["id"] == run_id) == ("status" in query)

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=101", "cursor=abc", "status=done", "source=api", "mode=x"]
    )
    def test_bad_queries(self, api: Api, query: str) -> None:
        answer = api.get(f"/runs?{query}")
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert [each["field"] for each in answer.json_body["details"]] == [query.partition("=")[0]]

    def test_whose_runs(self, streams: list[int]) -> None:
        for path in ("/runs", f"/streams/{streams[0]}/runs"):
            assert Api(None).get(path).status_code == 401
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            assert other.get("/runs").json_body == {"runs": [], "nextCursor": None}
            for path in (f"/runs?streamId={streams[0]}", f"/streams/{streams[0]}/runs"):
                answer = other.get(path)
                assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")

    def test_round_trips(self, api: Api, streams: list[int]) -> None:
        run_id = api.get("/runs?limit=1").json_body["runs"][0]["id"]
        for path in (
            "/runs",
            "/runs?status=succeeded",
            f"/streams/{streams[0]}/runs",
            f"/streams/{streams[0]}/runs/{run_id}",
        ):
            with counted() as calls:
                assert api.get(path).status_code == 200
            assert len(calls) == 2, (path, calls)
