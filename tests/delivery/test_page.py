"""The page of `make dev` shows what was delivered and how."""

from __future__ import annotations

from localdev.desk.page import page
from localdev.desk.server import Desk
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, messages_to, subscribe, tell


def test_attempts_and_receipts_are_shown(api: Api, desk: Desk, hand: DeliverHand, aws: str) -> None:
    well, ill = subscribe(api, desk, "/hooks/ok"), subscribe(api, desk, "/hooks/status/503")
    tell(well, "a")
    tell(ill, "a")
    hand.drain()
    shown = page(aws, aws, "test")(desk.inbox)
    for item, status in ((well, "200"), (ill, "503")):
        (message,) = messages_to(item)
        assert message.message_id in shown
        assert f">{status}</b>" in shown
    assert shown.count("verified</b>") == 2
