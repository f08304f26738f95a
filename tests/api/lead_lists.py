"""Streams with leads, and walks over their lists, for the tests of leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.api_client import Api
from tests.queue_hand import QueueHand

OF_A_KIND = 20
"""Followers of `@orbitdesk` who share a bio."""


def made_for(api: Api, description: str) -> int:
    pair = {"accountHandle": "orbitdesk", "accountTier": "pro"}
    pairs = [{**pair, "segment": {"description": description}}]
    return int(api.create_stream(pairs=pairs, name=description)["id"])


def ran(api: Api, queues: QueueHand, description: str) -> int:
    stream_id = made_for(api, description)
    api.post(f"/streams/{stream_id}/run")
    queues.drain()
    return stream_id


def walk(api: Api, path: str) -> Iterator[dict[str, Any]]:
    """All pages that cursors lead to."""
    page = api.get(path).json_body
    yield page
    while page["nextCursor"]:
        page = api.get(f"{path}&cursor={page['nextCursor']}").json_body
        yield page


def ids_of(page: dict[str, Any]) -> list[int]:
    return [lead["id"] for lead in page["leads"]]
