"""A run closes, and receivers hear of its leads."""

from __future__ import annotations

from datetime import UTC, datetime

import time_machine

from localdev.desk.server import Desk
from tests.api.retests import OF_A_KIND, pair_of
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, subscribe
from tests.worlds import MATCHING


def test_leads_reach_a_subscription(api: Api, desk: Desk, hand: DeliverHand) -> None:
    subscribe(api, desk, "/hooks/ok")
    stream = api.create_stream()
    api.post(f"/streams/{stream['id']}/run")
    hand.drain()
    (received,) = desk.inbox.all()
    assert received.is_verified
    body = received.shown()["body"]
    leads = api.get(f"/streams/{stream['id']}/leads").json_body["leads"]
    assert body["type"] == "leads.discovered"
    assert body["data"]["leads"] == leads
    assert len(leads) == MATCHING


def test_a_run_that_comes_on_the_heels_of_others(api: Api, desk: Desk, hand: DeliverHand) -> None:
    """Each trigger of a stream has a second of its own, so these end before their instant."""
    subscribe(api, desk, "/hooks/ok")
    with time_machine.travel(datetime(2026, 7, 5, 6, 15, tzinfo=UTC), tick=False) as time:
        stream_id = api.create_stream(pairs=[pair_of(words="nurses")])["id"]
        for verb in [*["re-test"] * 12, "run"]:
            assert api.post(f"/streams/{stream_id}/{verb}").json_body["queued"]
            hand.drain()
        time.shift(12)
        hand.take_due()
    runs = api.get(f"/streams/{stream_id}/runs").json_body["runs"]
    assert all(run["completedAt"] >= run["triggeredAt"] for run in runs)
    (received,) = desk.inbox.all()
    leads = api.get(f"/streams/{stream_id}/leads").json_body["leads"]
    assert received.shown()["body"]["data"]["leads"] == leads
    assert len(leads) == OF_A_KIND
