"""A run closes, and receivers hear of its leads."""

from __future__ import annotations

from localdev.desk.server import Desk
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
