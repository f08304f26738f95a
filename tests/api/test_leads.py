"""Lists of leads over HTTP, over one and over all streams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine

from chalicelib.streams.table import StatsItem, StreamItem
from localdev.xworld.server import Server
from tests.api.lead_lists import OF_A_KIND, ids_of, made_for, ran, walk
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS

START = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)


class TestAllStreams:
    @pytest.fixture
    def streams(self, api: Api, queues: QueueHand) -> Iterator[list[int]]:
        """Three streams, a minute between their runs; the last one is archived."""
        with time_machine.travel(START, tick=True) as traveller:
            kinds = ("software engineers", "nurses", "photographers")
            made = [made_for(api, kind) for kind in kinds]
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
        pages = list(walk(api, "/leads?limit=7"))
        assert {page["total"] for page in pages} == {3 * OF_A_KIND}
        leads = [lead for page in pages for lead in page["leads"]]
        assert len({lead["id"] for lead in leads}) == len(leads) == 3 * OF_A_KIND
        order = [(lead["discoveredAt"], lead["id"]) for lead in leads]
        assert order == sorted(order, reverse=True)
        assert [lead["streamId"] for lead in leads[::OF_A_KIND]] == streams[::-1]
        whole = api.get("/leads?limit=500").json_body
        assert ids_of(whole) == [lead["id"] for lead in leads]
        assert (whole["hasMore"], whole["nextCursor"]) == (False, None)
        assert ids_of(api.get("/leads?limit=10&offset=25").json_body) == ids_of(whole)[25:35]
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
            assert ids_of(page) == [lead["id"] for lead in wanted], query
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
        pages = list(walk(api, f"/leads?limit=9&{since}"))
        assert {page["total"] for page in pages} == {2 * OF_A_KIND}
        found = [lead for page in pages for lead in ids_of(page)]
        assert found == ids_of(api.get(f"/leads?limit=500&{since}").json_body)
        assert ids_of(api.get(f"/leads?limit=9&offset=9&{since}").json_body) == found[9:18]

    @pytest.mark.usefixtures("streams")
    def test_unmatched_people_stand_among_the_others(self, api: Api) -> None:
        page = api.get("/leads?includeUnmatched=true&limit=500").json_body
        assert page["total"] == len(page["leads"]) == 3 * FOLLOWERS
        unmatched = [lead for lead in page["leads"] if lead["matchConfidence"] is None]
        assert len(unmatched) == 3 * (FOLLOWERS - OF_A_KIND)
        assert all(lead["segmentId"] is None for lead in unmatched)
        walked = [
            one
            for each in walk(api, "/leads?includeUnmatched=true&limit=100")
            for one in ids_of(each)
        ]
        assert walked == ids_of(page)
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
        stream_id = ran(api, queues, "nurses")
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


def test_counts_agree_everywhere(api: Api, queues: QueueHand, x_world: Server) -> None:
    """Tallies, the stream's counts and the rows themselves, after growth and exports."""
    stream_id = ran(api, queues, "software engineers and founders")
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
