"""ScrapeBadger's wire: bodies, errors, headers, money."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from localdev.xworld.person import people_of
from localdev.xworld.server import serve
from localdev.xworld.world import XWorld
from tests.xworld.made_up import USERS, Clock, client, order, pages, row


def test_user_has_the_documented_fields(x: httpx.Client) -> None:
    user = x.get(f"{USERS}/wALKER_7/by_username").json()
    assert user == {
        "id": "70007",
        "username": "Walker_7",
        "name": "Walker 7",
        "created_at": "Sun Jun 02 20:12:29 +0000 2019",
        "created_at_datetime": "2019-06-02T20:12:29+00:00",
        "description": "Mends nets, boat 7",
        "profile_image_url": "https://img.example/70007_normal.jpg",
        "followers_count": 7,
        "following_count": 3,
        "tweet_count": 40,
        "listed_count": 0,
        "verified": False,
        "is_blue_verified": False,
        "protected": False,
        "default_profile_image": False,
        "as_of": "2026-11-20T00:00:00+00:00",
    }
    assert x.get(f"{USERS}/70007/by_id").json() == user


def test_unknown_fields_are_left_out_and_zero_stays() -> None:
    bare = {"id": "5", "handle": "bare", "bio": None, "followers": None, "tweets": 0}
    with serve(XWorld(people_of([bare]))) as server, client(server.url) as x:
        user = x.get(f"{USERS}/bare/by_username").json()
    assert user == {
        "id": "5",
        "username": "bare",
        "name": None,
        "created_at": None,
        "tweet_count": 0,
        "protected": False,
    }


def test_batches_keep_the_order_and_drop_who_is_missing(x: httpx.Client) -> None:
    by_id = x.get(f"{USERS}/batch_by_ids", params={"user_ids": "70009,999,70001"}).json()
    by_name = x.get(f"{USERS}/batch_by_usernames", params={"usernames": "nobody,walker_2"}).json()
    assert [user["id"] for user in by_id["data"]] == ["70009", "70001"]
    assert [user["username"] for user in by_name["data"]] == ["Walker_2"]
    assert by_id["next_cursor"] is by_name["next_cursor"] is None


def test_lists_of_every_kind_show_the_same_people(x: httpx.Client) -> None:
    account = x.get(f"{USERS}/orbitdesk/by_username").json()
    followers = [user for page in pages(x, f"{USERS}/orbitdesk/followers") for user in page]
    latest = [
        user for page in pages(x, f"{USERS}/orbitdesk/latest_followers", count=60) for user in page
    ]
    nested = x.get(f"{USERS}/orbitdesk/follower_ids", params={"count": 100}).json()["data"]
    rest = x.get(
        f"{USERS}/orbitdesk/follower_ids", params={"cursor": nested["next_cursor"]}
    ).json()["data"]
    assert len(followers) == account["followers_count"] == 130
    assert [int(user["id"]) for user in followers] == [user["id"] for user in latest]
    assert nested["ids"] + rest["ids"] == [user["id"] for user in latest]
    assert rest["next_cursor"] is None
    verified = pages(x, f"{USERS}/{account['id']}/verified_followers")
    assert [user for page in verified for user in page] == [
        user for user in followers if user["is_blue_verified"]
    ]


def test_posts_and_the_few_likers_that_are_shown(x: httpx.Client) -> None:
    posts = [post for page in pages(x, f"{USERS}/orbitdesk/latest_tweets") for post in page]
    likers = [
        x.get(f"/v1/twitter/tweets/tweet/{post['id']}/favoriters").json()["data"]
        for post in posts[:14]
    ]
    assert len({post["id"] for post in posts}) == 100
    assert {post["username"] for post in posts} == {"orbitdesk"}
    assert [number for number, found in enumerate(likers) if found] == [3, 10]
    followers = {u["id"] for page in pages(x, f"{USERS}/orbitdesk/followers") for u in page}
    assert {user["id"] for user in likers[3]} < followers


def test_protected_accounts_show_a_profile_but_no_lists(x: httpx.Client) -> None:
    assert x.get(f"{USERS}/lockedgarden/by_username").json()["protected"] is True
    for path in ("followers", "latest_followers", "latest_tweets"):
        body = x.get(f"{USERS}/lockedgarden/{path}").json()
        assert body == {"data": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("path", "params", "status", "body"),
    [
        (f"{USERS}/nobody_here/by_username", {}, 404, {"detail": "User not found"}),
        (f"{USERS}/gonecomet/by_username", {}, 404, {"detail": "User not found"}),
        (f"{USERS}/gonecomet/followers", {}, 404, {"detail": "User not found"}),
        (f"{USERS}/999/by_id", {}, 404, {"detail": "User not found"}),
        ("/v1/twitter/tweets/tweet/12/favoriters", {}, 404, {"detail": "Tweet not found"}),
        ("/v1/twitter/nothing", {}, 404, {"detail": "Not Found"}),
    ],
)
def test_what_is_not_there(
    x: httpx.Client, path: str, params: dict[str, str], status: int, body: object
) -> None:
    answer = x.get(path, params=params)
    assert (answer.status_code, answer.json()) == (status, body)
    assert "X-Credits-Used" not in answer.headers


@pytest.mark.parametrize(
    ("path", "params", "where"),
    [
        (f"{USERS}/orbitdesk/verified_followers", {}, ["path", "user_id"]),
        (f"{USERS}/batch_by_ids", {}, ["query", "user_ids"]),
        (f"{USERS}/orbitdesk/latest_followers", {"count": "many"}, ["query", "count"]),
        (f"{USERS}/orbitdesk/followers", {"cursor": "%%%"}, ["query", "cursor"]),
        (f"{USERS}/orbitdesk/followers", {"cursor": "NzAwMDE6NQ=="}, ["query", "cursor"]),
    ],
)
def test_bad_input_is_named(
    x: httpx.Client, path: str, params: dict[str, str], where: list[str]
) -> None:
    answer = x.get(path, params=params)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == where


@pytest.mark.parametrize("key", [None, "", "live_123"])
def test_a_key_is_needed(x: httpx.Client, key: str | None) -> None:
    del x.headers["x-api-key"]
    headers = {} if key is None else {"x-api-key": key}
    answer = x.get(f"{USERS}/orbitdesk/by_username", headers=headers)
    assert (answer.status_code, list(answer.json())) == (401, ["error"])
    assert x.get("/v1/twitter/health").status_code == 200


def test_reads_cost_one_credit_and_one_a_row_until_they_are_spent(x: httpx.Client) -> None:
    def balance() -> Any:
        return x.get("/v1/account/me").json()["credits_balance"]

    order(x, "limits", credits=60)
    page = x.get(f"{USERS}/orbitdesk/followers")
    assert page.headers["X-Credits-Used"] == "51"
    assert balance() == 9
    assert x.get(f"{USERS}/nobody_here/by_username").status_code == 404
    assert balance() == 9
    x.get(f"{USERS}/orbitdesk/followers")
    spent = x.get(f"{USERS}/orbitdesk/by_username")
    assert (spent.status_code, spent.json()) == (402, {"error": "Insufficient credits"})


def test_the_minute_slides(x: httpx.Client, clock: Clock) -> None:
    order(x, "limits", perMinute=2)
    path = f"{USERS}/orbitdesk/by_username"
    first = x.get(path)
    assert first.headers["X-RateLimit-Remaining"] == "1"
    clock.seconds += 40
    x.get(path)
    refused = x.get(path)
    body = refused.json()
    assert refused.status_code == 429
    assert (body["limit"], body["remaining"], body["tier"]) == (2, 0, "enterprise")
    assert body["reset_at"] == int(refused.headers["X-RateLimit-Reset"])
    assert int(refused.headers["Retry-After"]) == body["reset_at"] - clock.seconds
    clock.seconds = body["reset_at"]
    assert [x.get(path).status_code, x.get(path).status_code] == [200, 429]


def test_only_reading_is_allowed(x: httpx.Client) -> None:
    assert x.post(f"{USERS}/orbitdesk/followers").status_code == 405
    head = x.head("/v1/twitter/health")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["X-Request-ID"]


def test_suspended_people_are_in_no_audience() -> None:
    rows = [row(1), row(2, suspended=True), row(3)]
    with serve(XWorld(people_of(rows))) as server, client(server.url) as x:
        assert x.get(f"{USERS}/orbitdesk/by_username").json()["followers_count"] == 2
        listed = x.get(f"{USERS}/orbitdesk/followers").json()["data"]
    assert {user["id"] for user in listed} == {"70001", "70003"}
