"""Who has unsubscribed hears nothing more, not even of what was already on its way."""

from __future__ import annotations

from localdev.desk.server import Desk
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, subscribe, tell


def test_who_unsubscribed_is_sent_nothing(api: Api, desk: Desk, hand: DeliverHand) -> None:
    stays, goes = subscribe(api, desk, "/hooks/ok"), subscribe(api, desk, "/hooks/gone-soon")
    on_its_way = tell(goes, "written before")
    answer = api.delete("/webhooks/subscribe", {"id": goes.subscription_id})
    assert (answer.status_code, answer.json_body) == (200, {"success": True})
    hand.take(on_its_way)
    api.create_stream(runNow=True)
    hand.drain()
    assert {each.path for each in desk.inbox.all()} == {"/hooks/ok"}
    assert stays.subscription_id != goes.subscription_id
