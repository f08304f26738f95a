"""What a user does with a lead over HTTP: export, feedback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from tests.api.lead_lists import OF_A_KIND, ids_of, ran, walk
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import FOLLOWERS, MATCHING


class TestExport:
    @pytest.mark.moto
    def test_the_first_time_is_kept(self, api: Api, queues: QueueHand) -> None:
        stream_id = ran(api, queues, "nurses")
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
            assert lead["id"] not in ids_of(api.get(f"{base}?limit=500").json_body)
            shown = api.get(f"{base}?lifecycle=exported").json_body
            assert shown["leads"] == [{**lead, "exportedAt": "2027-01-02T03:04:05Z"}]
            assert shown["total"] == 1
            everything = api.get(f"{base}?lifecycle=all&limit=500").json_body
            assert everything["total"] == len(set(ids_of(everything))) == OF_A_KIND
        stream = api.get(f"/streams/{stream_id}").json_body["stream"]
        assert stream["leadCounts"] == {"high": OF_A_KIND, "medium": 0, "exported": 1}

    def test_somebody_unmatched(self, api: Api, queues: QueueHand) -> None:
        stream_id = ran(api, queues, "nurses")
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
            assert (someone["id"] in ids_of(page)) is is_there, query
        counts = api.get(f"/streams/{stream_id}").json_body["stream"]["leadCounts"]
        assert counts == {"high": OF_A_KIND, "medium": 0, "exported": 0}

    def test_a_walk_is_stable_while_leads_are_exported(self, api: Api, queues: QueueHand) -> None:
        stream_id = ran(api, queues, "software engineers and founders")
        seen: list[int] = []
        for page in walk(api, f"/streams/{stream_id}/leads?limit=7"):
            assert page["total"] == MATCHING
            seen += ids_of(page)
            for lead_id in ids_of(page):
                api.post(f"/leads/{lead_id}/export")
        assert len(seen) == len(set(seen)) == MATCHING
        assert api.get(f"/streams/{stream_id}/leads").json_body["total"] == 0
        walked = [
            one for page in walk(api, "/leads?lifecycle=all&limit=11") for one in ids_of(page)
        ]
        assert walked == seen

    @pytest.mark.parametrize("action", ["export", "feedback"])
    def test_no_such_lead(self, api: Api, queues: QueueHand, action: str) -> None:
        stream_id = ran(api, queues, "nurses")
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
        stream_id = ran(api, queues, "nurses")
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
