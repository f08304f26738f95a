"""Feedback over HTTP is counted: precision in the stream, thresholds of the segment's next run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.segments.table import SegmentItem
from chalicelib.streams.showing import precision
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.queue_hand import QueueHand


@pytest.fixture
def stream(api: Api, queues: QueueHand) -> dict[str, Any]:
    """A stream with twenty nurses as leads."""
    pair = {"accountHandle": "orbitdesk", "accountTier": "pro"}
    pairs = [{**pair, "segment": {"description": "nurses who drink tea"}}]
    stream_id = api.create_stream(pairs=pairs)["id"]
    api.post(f"/streams/{stream_id}/run")
    queues.drain()
    return {"id": stream_id, "leads": api.get(f"/streams/{stream_id}/leads").json_body["leads"]}


def _say(api: Api, lead: dict[str, Any], verdict: str, **reasons: str) -> None:
    body = {"segmentId": lead["segmentId"], "feedback": verdict, **reasons}
    assert api.post(f"/leads/{lead['id']}/feedback", body).status_code == 200


def _precision(api: Api, stream: dict[str, Any]) -> float | None:
    found: float | None = api.get(f"/streams/{stream['id']}").json_body["stream"]["precision"]
    listed = api.get("/streams").json_body["streams"]
    assert [each["precision"] for each in listed] == [found]
    return found


def _counts(api: Api, stream: dict[str, Any]) -> tuple[int, int]:
    segment_id = stream["leads"][0]["segmentId"]
    segment = SegmentItem.get(api.user_id, SegmentItem.at(segment_id))
    return segment.good, segment.bad


@pytest.mark.parametrize(
    ("good", "bad", "shown"), [(0, 0, None), (1, 0, 1.0), (0, 4, 0.0), (2, 1, 0.667)]
)
def test_precision(good: int, bad: int, shown: float | None) -> None:
    assert precision(good, bad) == shown


@pytest.mark.moto
def test_each_lead_counts_once_as_it_was_called_last(api: Api, stream: dict[str, Any]) -> None:
    first, second = stream["leads"][:2]
    assert _precision(api, stream) is None
    for lead, verdict, counts in (
        (first, "good", (1, 0)),
        (first, "good", (1, 0)),  # a repeat
        (second, "bad", (1, 1)),
        (first, "bad", (0, 2)),  # a change of mind
        (first, "good", (1, 1)),
    ):
        _say(api, lead, verdict)
        assert _counts(api, stream) == counts
    _say(api, second, "bad", badReason="wrong_job")  # the same verdict for another reason
    assert _counts(api, stream) == (1, 1)
    assert _precision(api, stream) == 0.5


def test_verdicts_at_the_same_time_are_all_counted(api: Api, stream: dict[str, Any]) -> None:
    leads = stream["leads"][:6] * 2
    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(lambda lead: _say(api, lead, "bad"), leads))
    assert _counts(api, stream) == (0, 6)
    assert _precision(api, stream) == 0.0


def test_the_next_leads_are_judged_by_it(
    api: Api, stream: dict[str, Any], x_world: Server, queues: QueueHand
) -> None:
    assert {lead["matchConfidence"] for lead in stream["leads"]} == {"medium"}
    for lead in stream["leads"][:12]:
        _say(api, lead, "good")
    api.post(f"/streams/{stream['id']}/re-test")
    queues.drain()
    leads = api.get(f"/streams/{stream['id']}/leads").json_body["leads"]
    assert len(leads) == len(stream["leads"])
    why = "had to fit less closely after your feedback (12 good, 0 bad)"
    assert {lead["reasons"][-1] for lead in leads} == {why}
