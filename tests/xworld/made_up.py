"""A small world of made-up rows, a clock that stands still, and clients of both vendors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from localdev.xworld.person import people_of
from localdev.xworld.world import XWorld

USERS = "/v1/twitter/users"
FOLLOWER_RUNS = "/v2/acts/kaitoeasyapi~premium-x-follower-scraper-following-data"
USER_RUNS = "/v2/acts/kaitoeasyapi~premium-twitter-user-scraper-pay-per-result"


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_795_000_000.0

    def __call__(self) -> float:
        return self.seconds


def row(number: int, **other: Any) -> dict[str, Any]:
    """A row of a world file; every third has a badge."""
    return {
        "id": str(70_000 + number),
        "handle": f"Walker_{number}",
        "name": f"Walker {number}",
        "bio": f"Mends nets, boat {number}",
        "followers": number,
        "following": 3,
        "tweets": 40,
        "listed": 0,
        "createdAt": "2019-06-02T20:12:29Z",
        "asOf": "2026-11-20T00:00:00Z",
        "verified": False,
        "blueVerified": number % 3 == 0,
        "defaultAvatar": False,
        "url": None,
        "location": None,
        **other,
    }


def world_of(count: int, **options: Any) -> XWorld:
    """A world of `count` people who all follow the tracked accounts."""
    return XWorld(people_of(row(number) for number in range(count)), **options)


def client(url: str) -> httpx.Client:
    """A client that both vendors let in."""
    headers = {"x-api-key": "sb_test", "authorization": "Bearer test"}
    return httpx.Client(base_url=url, headers=headers)


def pages(x: httpx.Client, path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
    """All pages of a ScrapeBadger list."""
    cursor: str | None = None
    while True:
        body = x.get(path, params={**params, **({"cursor": cursor} if cursor else {})}).json()
        yield body["data"]
        cursor = body["next_cursor"]
        if cursor is None:
            return


def follower_ids(x: httpx.Client, handle: str = "orbitdesk") -> list[str]:
    """The ids of all followers, newest first, read page by page from ScrapeBadger."""
    found = pages(x, f"{USERS}/{handle}/followers")
    return [person["id"] for page in found for person in page]


def order(x: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """Give an order to the world."""
    answer = x.post(f"/_control/{path}", json=body)
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done
