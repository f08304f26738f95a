"""Leads over HTTP: lists over one and over all streams, feedback, export."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import time_machine

from bench.trips import counted
from chalicelib.streams.table import StatsItem, StreamItem
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS, MATCHING

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
OF_A_KIND = 20
"""Followers of `@orbitdesk` who share a bio."""


def _made(api: Api, description: str) -> int:
    pair = {"accountHandle": "orbitdesk", "accountTier": "pro"}
    pairs = [{**pair, "segment": {"description": description}}]
    return int(api.create_stream(pairs=pairs, name=description)["id"])


def _stream(api: Api, queues: QueueHand, description: str) -> int:
    stream_id = _made(api, description)
    api.post(f"/streams/{stream_id}/run")
    queues.drain()
    return stream_id


def _walk(api: Api, path: str) -> Iterator[dict[str, Any]]:
    """All pages that cursors lead to."""
    page = api.get(path).json_body
    yield page
    while page["nextCursor"]:
        page = api.get(f"{path}&cursor={page['nextCursor']}").json_body
        yield page


def _ids(page: dict[str, Any]) -> list[int]:
    return [lead["id"] for lead in page["leads"]]


class TestAllStreams:
    @pytest.fixture
    def streams(self, api: Api, queues: QueueHand) -> Iterator[list[int]]:
        """Three streams, a minute between their runs; the last one is archived."""
        with time_machine.travel(START, tick=True) as traveller:
            kinds = ("software engineers", "nurses", "photographers")
            made = [_made(api, kind) for kind in kinds]
            for stream_id in made:
                api.post(f"/streams/{stream_id}/run")
                queues.drain()
                traveller.shift(60)
            archived = StreamItem(api.user_id, StreamItem.at(made[-1]))
            archived.update(
                actions=[StreamItem.is_archived.set(True), StreamItem.is_active.set(False)]
            )
            yield made

    @pytest.mark.moto
    def test_they_are_one_list(self, api: Api, streams: list[int]) -> None:
        pages = list(_walk(api, "/leads?limit=7"))
        assert {page["total"] for page in pages} == {3 * OF_A_KIND}
        leads = [lead for page in pages for lead in page["leads"]]
        assert len({lead["id"] for lead in leads}) == len(leads) == 3 * OF_A_KIND
        order = [(lead["discoveredAt"], lead["id"]) for lead in leads]
        assert order == sorted(order, reverse=True)
        assert [lead["streamId"] for lead in leads[::OF_A_KIND]] == streams[::-1]
        whole = api.get("/leads?limit=500").json_body
        assert _ids(whole) == [lead["id"] for lead in leads]
        assert (whole["hasMore"], whole["nextCursor"]) == (False, None)
        assert _ids(api.get("/leads?limit=10&offset=25").json_body) == _ids(whole)[25:35]
        beyond = api.get("/leads?offset=100").json_body
        assert beyond == {"leads": [], "total": 60, "hasMore": False, "nextCursor": None}

    def test_filters(self, api: Api, streams: list[int]) -> None:
        everything = api.get("/leads?limit=500").json_body["leads"]
        one = [lead for lead in everything if lead["streamId"] == streams[1]]
        segment_id, account_id = one[0]["segmentId"], one[0]["trackedXAccountId"]
        after = one[-1]["discoveredAt"]
        for query, wanted in (
            (f"streamId={streams[1]}", one),
            (f"segmentId={segment_id}", one),
            (f"accountId={account_id}", everything),
            (f"since={after}", [lead for lead in everything if lead["discoveredAt"] > after]),
            (f"streamId={streams[2]}&segmentId={segment_id}", []),
            (f"segmentId={segment_id}&accountId={account_id}&matchConfidence=high", one),
            (f"segmentId={segment_id}&matchConfidence=medium", []),
            (f"segmentId={segment_id}&lifecycle=exported", []),
            ("lifecycle=all&since=2026-07-05T06:14:59Z", everything),
        ):
            page = api.get(f"/leads?limit=500&{query}").json_body
            assert _ids(page) == [lead["id"] for lead in wanted], query
            assert page["total"] == len(wanted), query
            summary = api.get(f"/leads?summary=true&{query}").json_body
            assert sum(summary.values()) == len(wanted), query

    @pytest.mark.usefixtures("streams")
    def test_since_is_strict_to_the_fraction(self, api: Api) -> None:
        times = [lead["discoveredAt"] for lead in api.get("/leads").json_body["leads"]]
        assert api.get(f"/leads?since={times[0]}").json_body["total"] == 0
        second = datetime.fromisoformat(times[0])
        for since, total in (
            (second - timedelta(milliseconds=1), times.count(times[0])),
            (second + timedelta(milliseconds=1), 0),
            (datetime(1, 1, 1, tzinfo=UTC), 3 * OF_A_KIND),
            (datetime(9999, 12, 31, tzinfo=UTC), 0),
        ):
            for zone in (UTC, timezone(timedelta(hours=1))):
                given = since.astimezone(zone).isoformat().replace("+", "%2B")
                assert api.get(f"/leads?since={given}").json_body["total"] == total, given

    @pytest.mark.usefixtures("streams")
    def test_since_walks_by_cursor_and_by_offset(self, api: Api) -> None:
        since = "since=2026-07-05T06:15:50Z"
        pages = list(_walk(api, f"/leads?limit=9&{since}"))
        assert {page["total"] for page in pages} == {2 * OF_A_KIND}
        found = [lead for page in pages for lead in _ids(page)]
        assert found == _ids(api.get(f"/leads?limit=500&{since}").json_body)
        assert _ids(api.get(f"/leads?limit=9&offset=9&{since}").json_body) == found[9:18]

    @pytest.mark.usefixtures("streams")
    def test_unmatched_people_stand_among_the_others(self, api: Api) -> None:
        page = api.get("/leads?includeUnmatched=true&limit=500").json_body
        assert page["total"] == len(page["leads"]) == 3 * FOLLOWERS
        unmatched = [lead for lead in page["leads"] if lead["matchConfidence"] is None]
        assert len(unmatched) == 3 * (FOLLOWERS - OF_A_KIND)
        assert all(lead["segmentId"] is None for lead in unmatched)
        walked = [
            one
            for each in _walk(api, "/leads?includeUnmatched=true&limit=100")
            for one in _ids(each)
        ]
        assert walked == _ids(page)
        summary = api.get("/leads?includeUnmatched=true&summary=true").json_body
        assert summary == {"highFitCount": 3 * OF_A_KIND, "mediumFitCount": 0}

    @pytest.mark.moto
    def test_grouped_by_stream(self, api: Api, streams: list[int]) -> None:
        groups = api.get("/leads?groupBy=stream&limit=3").json_body["streams"]
        assert [group["streamId"] for group in groups] == streams[::-1]
        assert [group["streamName"] for group in groups] == [
            "photographers",
            "nurses",
            "software engineers",
        ]
        for group in groups:
            assert (group["total"], group["hasMore"]) == (OF_A_KIND, True)
            alone = api.get(f"/leads?streamId={group['streamId']}&limit=3").json_body
            assert group["leads"] == alone["leads"]
        for lead in api.get(f"/leads?streamId={streams[2]}&limit=500").json_body["leads"]:
            api.post(f"/leads/{lead['id']}/export")
        groups = api.get("/leads?groupBy=stream&limit=500").json_body["streams"]
        assert [group["streamId"] for group in groups] == [streams[1], streams[0]]
        assert all(len(group["leads"]) == OF_A_KIND for group in groups)
        assert not any(group["hasMore"] for group in groups)

    def test_groups_under_filters(self, api: Api, streams: list[int]) -> None:
        for query, wanted in (
            ("since=2026-07-05T06:15:50Z", {streams[2]: OF_A_KIND, streams[1]: OF_A_KIND}),
            (f"streamId={streams[0]}", {streams[0]: OF_A_KIND}),
            ("matchConfidence=medium", {}),
            ("lifecycle=exported", {}),
            ("includeUnmatched=true", dict.fromkeys(streams, FOLLOWERS)),
        ):
            groups = api.get(f"/leads?groupBy=stream&limit=4&{query}").json_body["streams"]
            found = {group["streamId"]: group["total"] for group in groups}
            assert found == wanted, query
            assert all(group["hasMore"] and len(group["leads"]) == 4 for group in groups)

    def test_round_trips(self, api: Api, streams: list[int]) -> None:
        cursor = api.get("/leads?limit=5").json_body["nextCursor"]
        lead_id = api.get("/leads?limit=1").json_body["leads"][0]["id"]
        segment_id = api.get("/leads?limit=1").json_body["leads"][0]["segmentId"]
        for method, path, most in (
            ("GET", "/leads", 2),
            ("GET", "/leads?summary=true&matchConfidence=high", 2),
            ("GET", f"/leads?limit=5&cursor={cursor}", 2),
            ("GET", "/leads?limit=500&lifecycle=exported", 2),
            ("GET", f"/leads?streamId={streams[0]}", 2),
            ("GET", f"/streams/{streams[0]}/leads", 2),
            ("GET", f"/streams/{streams[0]}/leads?summary=true", 2),
            ("GET", "/leads?lifecycle=all", 3),
            ("GET", "/leads?groupBy=stream", 3 + len(streams)),
            ("FEEDBACK", f"/leads/{lead_id}/feedback", 4),
            ("EXPORT", f"/leads/{lead_id}/export", 4),
            ("EXPORT", f"/leads/{lead_id}/export", 3),
        ):
            with counted() as calls:
                if method == "GET":
                    answer = api.get(path)
                elif method == "FEEDBACK":
                    answer = api.post(path, {"segmentId": segment_id, "feedback": "good"})
                else:
                    answer = api.post(path)
            assert answer.status_code == 200
            assert len(calls) <= most, (path, calls)


class TestListRefusals:
    @pytest.mark.parametrize("path", ["/leads", "/leads/5/export", "/leads/5/feedback"])
    @pytest.mark.usefixtures("aws")
    def test_nobody_in_particular(self, path: str) -> None:
        method = "GET" if path == "/leads" else "POST"
        answer = Api(None).request(method, path)
        assert (answer.status_code, answer.json_body["code"]) == (401, "missing_api_key")

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("groupBy=account", "groupBy"),
            ("groupBy=stream&offset=0", "offset"),
            ("groupBy=stream&cursor=abc", "cursor"),
            ("groupBy=stream&summary=true", "summary"),
            ("streamId=x", "streamId"),
            ("streamId=0", "streamId"),
            ("lifecycle=old", "lifecycle"),
            ("offset=10001", "offset"),
            ("offset=-1", "offset"),
            ("cursor=abc", "cursor"),
            ("cursor=abc&offset=1", "cursor"),
            ("matchConfidence=high&includeUnmatched=true", "includeUnmatched"),
            ("limit=0", "limit"),
            ("colour=red", "colour"),
        ],
    )
    def test_bad_queries(self, api: Api, query: str, field: str) -> None:
        answer = api.get(f"/leads?{query}")
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert field in {fault["field"] for fault in answer.json_body["details"]}

    @pytest.mark.parametrize("group", ["", "&groupBy=stream"])
    def test_filters_that_name_what_is_not_there(self, api: Api, group: str) -> None:
        created = api.create_stream()
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            theirs = other.create_stream()
        for name, error, foreign, own in (
            ("streamId", "Stream not found", theirs["id"], created["id"]),
            (
                "accountId",
                "Account not found",
                theirs["accounts"][0]["accountId"],
                created["accounts"][0]["accountId"],
            ),
            (
                "segmentId",
                "Segment not found",
                theirs["segments"][0]["segmentId"],
                created["segments"][0]["segmentId"],
            ),
        ):
            for unknown in (foreign, 5):
                answer = api.get(f"/leads?{name}={unknown}{group}")
                assert (answer.status_code, answer.json_body["error"]) == (404, error)
                if name != "streamId" and not group:
                    answer = api.get(f"/streams/{created['id']}/leads?{name}={unknown}")
                    assert (answer.status_code, answer.json_body["error"]) == (404, error)
            answer = api.get(f"/leads?{name}={own}{group}")
            assert answer.status_code == 200

    def test_without_a_stream_there_is_nothing(self, api: Api) -> None:
        empty = {"leads": [], "total": 0, "hasMore": False, "nextCursor": None}
        assert api.get("/leads").json_body == empty
        assert api.get("/leads?groupBy=stream").json_body == {"streams": []}
        assert api.get("/leads?summary=true").json_body == {"highFitCount": 0, "mediumFitCount": 0}

    def test_a_cursor_is_bound_to_filters_and_user(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, "nurses")
        cursor = api.get("/leads?limit=2").json_body["nextCursor"]
        assert api.get(f"/leads?limit=5&cursor={cursor}").status_code == 200
        mismatches = [
            f"/leads?lifecycle=all&cursor={cursor}",
            f"/leads?since=2020-01-01T00:00:00Z&cursor={cursor}",
            f"/leads?streamId={stream_id}&cursor={cursor}",
            f"/streams/{stream_id}/leads?cursor={cursor}",
        ]
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            for each, path in [(api, path) for path in mismatches] + [
                (other, f"/leads?cursor={cursor}")
            ]:
                answer = each.get(path)
                assert (answer.status_code, answer.json_body["code"]) == (400, "cursor_mismatch")
        forged = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
        assert api.get(f"/leads?cursor={forged}").json_body["code"] == "invalid_request"


class TestExport:
    @pytest.mark.moto
    def test_the_first_time_is_kept(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, "nurses")
        path = f"/streams/{stream_id}/leads"
        lead = api.get(f"{path}?limit=1").json_body["leads"][0]
        with time_machine.travel(datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)) as traveller:
            first = api.post(f"/leads/{lead['id']}/export")
            traveller.shift(3600)
            second = api.post(f"/leads/{lead['id']}/export", {})
        assert first.status_code == 200
        exported = {"ok": True, "leadId": lead["id"], "exportedAt": "2027-01-02T03:04:05Z"}
        assert first.json_body == second.json_body == exported
        for base in (path, "/leads"):
            assert api.get(f"{base}?limit=500").json_body["total"] == OF_A_KIND - 1
            assert lead["id"] not in _ids(api.get(f"{base}?limit=500").json_body)
            shown = api.get(f"{base}?lifecycle=exported").json_body
            assert shown["leads"] == [{**lead, "exportedAt": "2027-01-02T03:04:05Z"}]
            assert shown["total"] == 1
            everything = api.get(f"{base}?lifecycle=all&limit=500").json_body
            assert everything["total"] == len(set(_ids(everything))) == OF_A_KIND
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert stream["leadCounts"] == {"high": OF_A_KIND, "medium": 0, "exported": 1}

    def test_somebody_unmatched(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, "nurses")
        path = f"/streams/{stream_id}/leads?limit=500"
        people = api.get(f"{path}&includeUnmatched=true").json_body["leads"]
        someone = next(lead for lead in people if lead["matchConfidence"] is None)
        assert api.post(f"/leads/{someone['id']}/export").status_code == 200
        for query, total, is_there in (
            ("", OF_A_KIND, False),
            ("&includeUnmatched=true", FOLLOWERS - 1, False),
            ("&lifecycle=exported", 0, False),
            ("&lifecycle=exported&includeUnmatched=true", 1, True),
            ("&lifecycle=all", OF_A_KIND, False),
            ("&lifecycle=all&includeUnmatched=true", FOLLOWERS, True),
        ):
            page = api.get(path + query).json_body
            assert (page["total"], len(page["leads"])) == (total, total), query
            assert (someone["id"] in _ids(page)) is is_there, query
        counts = api.get(f"/streams/{stream_id}").json_body["stream"]["leadCounts"]
        assert counts == {"high": OF_A_KIND, "medium": 0, "exported": 0}

    def test_a_walk_is_stable_while_leads_are_exported(self, api: Api, queues: QueueHand) -> None:
        stream_id = _stream(api, queues, "software engineers and founders")
        seen: list[int] = []
        for page in _walk(api, f"/streams/{stream_id}/leads?limit=7"):
            assert page["total"] == MATCHING
            seen += _ids(page)
            for lead_id in _ids(page):
                api.post(f"/leads/{lead_id}/export")
        assert len(seen) == len(set(seen)) == MATCHING
        assert api.get(f"/streams/{stream_id}/leads").json_body["total"] == 0
        walked = [one for page in _walk(api, "/leads?lifecycle=all&limit=11") for one in _ids(page)]
        assert walked == seen

    @pytest.mark.parametrize("action", ["export", "feedback"])
    def test_no_such_lead(self, api: Api, queues: QueueHand, action: str) -> None:
        stream_id = _stream(api, queues, "nurses")
        lead = api.get(f"/streams/{stream_id}/leads?limit=1").json_body["leads"][0]
        body = None if action == "export" else {"segmentId": lead["segmentId"], "feedback": "good"}
        with Api.for_new_user("other@example.org", subscribed=True) as other:
            for lead_id in (lead["id"], lead["id"] + 100_000, 1, "x", "0", "-1", 2**53):
                answer = other.post(f"/leads/{lead_id}/{action}", body)
                assert (answer.status_code, answer.json_body["error"]) == (404, "Lead not found")
        unchanged = api.get(f"/streams/{stream_id}/leads?limit=1").json_body["leads"][0]
        assert unchanged == lead

    def test_it_takes_no_body(self, api: Api) -> None:
        answer = api.post("/leads/5/export", {"at": "now"})
        assert [fault["field"] for fault in answer.json_body["details"]] == ["at"]


class TestFeedback:
    @pytest.fixture
    def lead(self, api: Api, queues: QueueHand) -> dict[str, Any]:
        stream_id = _stream(api, queues, "nurses")
        return dict(api.get(f"/streams/{stream_id}/leads?limit=1").json_body["leads"][0])

    @pytest.mark.moto
    def test_a_repeat_replaces_the_verdict(self, api: Api, lead: dict[str, Any]) -> None:
        assert lead["feedback"] is None
        mine = {"segmentId": lead["segmentId"]}
        for given, shown in (
            ({"feedback": "bad"}, ("bad", "zapier", None)),
            ({"feedback": "bad"}, ("bad", "zapier", None)),
            (
                {"feedback": "bad", "badReason": "wrong_job", "badReasonFreeform": "a vet"},
                ("bad", "wrong_job", "a vet"),
            ),
            ({"feedback": "bad", "badReasonFreeform": "é" * 500}, ("bad", "zapier", "é" * 500)),
            ({"feedback": "good"}, ("good", None, None)),
        ):
            answer = api.post(f"/leads/{lead['id']}/feedback", {**mine, **given})
            assert (answer.status_code, answer.json_body) == (200, {"ok": True})
            verdict, reason, words = shown
            now = api.get("/leads?limit=1").json_body["leads"][0]
            assert now == {
                **lead,
                "feedback": {
                    **mine,
                    "feedback": verdict,
                    "badReason": reason,
                    "badReasonFreeform": words,
                },
            }

    def test_exported_and_unmatched_people_take_feedback_too(
        self, api: Api, lead: dict[str, Any]
    ) -> None:
        api.post(f"/leads/{lead['id']}/export")
        people = api.get("/leads?includeUnmatched=true&limit=500").json_body["leads"]
        someone = next(each for each in people if each["matchConfidence"] is None)
        for lead_id in (lead["id"], someone["id"]):
            body = {"segmentId": lead["segmentId"], "feedback": "good"}
            assert api.post(f"/leads/{lead_id}/feedback", body).status_code == 200
        page = api.get("/leads?lifecycle=all&includeUnmatched=true&limit=500").json_body
        judged = {each["id"] for each in page["leads"] if each["feedback"]}
        assert judged == {lead["id"], someone["id"]}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"feedback": "good"}, "segmentId"),
            ({"segmentId": 1}, "feedback"),
            ({"segmentId": "1", "feedback": "good"}, "segmentId"),
            ({"segmentId": 1, "feedback": "fine"}, "feedback"),
            ({"segmentId": 1, "feedback": "bad", "badReason": "ugly"}, "badReason"),
            ({"segmentId": 1, "feedback": "bad", "badReason": None}, "badReason"),
            ({"segmentId": 1, "feedback": "good", "badReason": "bot"}, "badReason"),
            ({"segmentId": 1, "feedback": "good", "badReasonFreeform": "x"}, "badReasonFreeform"),
            (
                {"segmentId": 1, "feedback": "bad", "badReasonFreeform": "x" * 501},
                "badReasonFreeform",
            ),
            ({"segmentId": 1, "feedback": "bad", "badReasonFreeform": "\0"}, "badReasonFreeform"),
            ({"segmentId": 1, "feedback": "bad", "stars": 5}, "stars"),
        ],
    )
    def test_bad_bodies(self, api: Api, body: dict[str, Any], field: str) -> None:
        answer = api.post("/leads/5/feedback", body)
        assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
        assert [fault["field"] for fault in answer.json_body["details"]] == [field]

    def test_segments_that_have_nothing_to_do_with_the_lead(
        self, api: Api, lead: dict[str, Any]
    ) -> None:
        other = api.create_stream()["segments"][0]["segmentId"]
        for segment_id in (other, 5):
            body = {"segmentId": segment_id, "feedback": "good"}
            answer = api.post(f"/leads/{lead['id']}/feedback", body)
            assert (answer.status_code, answer.json_body["error"]) == (
                404,
                "Saved search not found",
            )
        assert api.get("/leads?limit=1").json_body["leads"][0]["feedback"] is None


def test_counts_agree_everywhere(api: Api, queues: QueueHand, x_world: Server) -> None:
    """Tallies, the stream's counts and the rows themselves, after growth and exports."""
    stream_id = _stream(api, queues, "software engineers and founders")
    x_world.world.grow("orbitdesk", 9)
    api.post(f"/streams/{stream_id}/run")
    queues.drain()
    for lead in api.get("/leads?limit=13").json_body["leads"]:
        api.post(f"/leads/{lead['id']}/export")
    stats = StatsItem.get(api.user_id, StatsItem.at(stream_id), consistent_read=True)
    for lifecycle in ("new", "exported"):
        for confidence in ("high", "medium"):
            query = f"lifecycle={lifecycle}&matchConfidence={confidence}&limit=500"
            page = api.get(f"/streams/{stream_id}/leads?{query}").json_body
            assert page["total"] == len(page["leads"])
            assert page["total"] == getattr(stats, f"{confidence}_{lifecycle}")
    assert stats.high_exported + stats.medium_exported == 13
