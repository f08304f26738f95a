"""ScrapeBadger: its paths, its paging, and each of its quirks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from upstream_fakes import NOON, Clock, Handler, Script, answer, badger_user, transport

from chalicelib.profile import Profile
from chalicelib.upstreams import AccountRef
from chalicelib.upstreams.errors import Down, Missing, OutOfCredits, Protected
from chalicelib.upstreams.scrapebadger import NAMED_FAULTS, Post, ScrapeBadger

ORBIT = AccountRef("77", "OrbitDesk")
ADA, BOB = badger_user("1", "Ada"), badger_user("2", "bob")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def badger(clock: Clock) -> Callable[..., ScrapeBadger]:
    def make(handler: Handler, **options: Any) -> ScrapeBadger:
        asked = transport(handler, clock, provider="scrapebadger", named_faults=NAMED_FAULTS)
        return ScrapeBadger(asked, now=clock.now, **options)

    return make


Badger = Callable[..., ScrapeBadger]


def test_a_whole_user(badger: Badger, clock: Clock) -> None:
    row = badger_user(
        "44196397",
        "Ada_L",
        name="Ada ✨",
        description="Founder",
        location="",
        url="https://t.co/x",
        profile_image_url="https://pbs.test/a.jpg",
        followers_count=0,
        following_count=12,
        tweet_count="345",
        listed_count=3,
        favourites_count=99,
        is_blue_verified=True,
        verified=False,
        protected=False,
        default_profile_image=False,
        as_of="2026-11-01T00:00:00Z",
        something_new={"x": 1},
    )
    script = Script(answer(row))
    assert badger(script).user_by_id("44196397", clock.errand()) == Profile(
        id="44196397",
        handle="Ada_L",
        name="Ada ✨",
        bio="Founder",
        location="",
        url="https://t.co/x",
        image_url="https://pbs.test/a.jpg",
        followers=0,
        following=12,
        posts=345,
        listed=3,
        likes=99,
        created_at=datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC),
        verified=True,
        protected=False,
        default_image=False,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert script.paths == ["/v1/twitter/users/44196397/by_id"]


def test_what_is_left_out_is_not_known(badger: Badger, clock: Clock) -> None:
    row = {"id": 5, "username": "eve", "followers_count": None, "protected": None}
    assert badger(Script(answer(row))).user_by_id("5", clock.errand()) == Profile(
        id="5", handle="eve", as_of=NOON
    )


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        ({"created_at": "Tue Jun 02 20:12:29 +0000 2009"}, 2009),
        ({"created_at": "2010-06-02T20:12:29Z"}, 2010),
        ({"created_at": "long ago", "created_at_datetime": "2011-06-02T20:12:29+00:00"}, 2011),
        ({"created_at": "long ago"}, None),
    ],
)
def test_dates_come_in_two_formats(
    badger: Badger, clock: Clock, dates: dict[str, str], year: int | None
) -> None:
    script = Script(answer({**badger_user("1", "ada"), **dates}))
    created_at = badger(script).user_by_id("1", clock.errand()).created_at
    assert (created_at and created_at.year) == year


@pytest.mark.parametrize(
    ("marks", "verified"),
    [
        ({}, None),
        ({"verified": False}, None),
        ({"verified": False, "is_blue_verified": None}, None),
        ({"is_blue_verified": False}, False),
        ({"is_blue_verified": False, "verified": True}, True),
        ({"is_blue_verified": False, "verified_type": "Business"}, True),
        ({"is_blue_verified": True}, True),
        ({"is_blue_verified": False, "verified_type": None}, False),
    ],
)
def test_any_mark_verifies(
    badger: Badger, clock: Clock, marks: dict[str, Any], verified: bool | None
) -> None:
    script = Script(answer(badger_user("1", "ada", **marks)))
    assert badger(script).user_by_id("1", clock.errand()).verified is verified


@pytest.mark.parametrize("gone", [answer({"detail": "User not found"}, 404), answer(None)])
def test_an_unknown_id_is_missing(badger: Badger, clock: Clock, gone: httpx.Response) -> None:
    with pytest.raises(Missing):
        badger(Script(gone)).user_by_id("5", clock.errand())


def test_what_is_no_id_is_not_asked_for(badger: Badger, clock: Clock) -> None:
    script = Script(answer({}))
    with pytest.raises(Missing):
        badger(script).user_by_id("../me", clock.errand())
    assert badger(script).users_by_id(["x"], clock.errand()) == {}
    assert script.requests == []


def test_a_user_without_an_id_is_no_answer(badger: Badger, clock: Clock) -> None:
    with pytest.raises(Down):
        badger(Script(answer({"username": "ada"}))).user_by_id("5", clock.errand())


def test_handles_are_looked_up_a_hundred_at_a_time(badger: Badger, clock: Clock) -> None:
    def known(request: httpx.Request) -> httpx.Response:
        names = request.url.params["usernames"].split(",")
        return answer({"data": [badger_user(name[1:], name.upper()) for name in names[1:]]})

    script = Script(known)
    errand = clock.errand()
    handles = [f"u{number}" for number in range(250)]
    found = badger(script).users_by_handle([*handles, "@U7", "not a handle"], errand)
    assert sorted(found) == sorted(set(handles) - {"u0", "u100", "u200"})
    assert found["u7"].handle == "U7"
    assert set(script.paths) == {"/v1/twitter/users/batch_by_usernames"}
    sizes = [len(request.url.params["usernames"].split(",")) for request in script.requests]
    assert sizes == [100, 100, 50]
    assert (errand.usage.calls, errand.usage.rows) == (3, 247)


def test_ids_are_looked_up_in_batches(badger: Badger, clock: Clock) -> None:
    script = Script(answer({"data": [badger_user(1, "Ada")], "next_cursor": None}))
    found = badger(script).users_by_id(["1", "2"], clock.errand())
    assert {id: profile.handle for id, profile in found.items()} == {"1": "Ada"}
    assert script.paths == ["/v1/twitter/users/batch_by_ids"]
    assert script.query() == {"user_ids": "1,2"}


def test_a_batch_that_is_not_found_is_halved_until_the_missing_one_is_alone(
    badger: Badger, clock: Clock
) -> None:
    def strict(request: httpx.Request) -> httpx.Response:
        names = request.url.params["usernames"].split(",")
        if "ghost" in names:
            return answer({"detail": "User not found"}, 404)
        return answer({"data": [badger_user("1", name) for name in names]})

    found = badger(strict).users_by_handle(["ada", "bob", "ghost", "eve"], clock.errand())
    assert sorted(found) == ["ada", "bob", "eve"]


@pytest.mark.parametrize(
    "body", [{"data": [ADA]}, {"users": [ADA]}, [ADA], {"data": [ADA], "users": [BOB]}]
)
def test_rows_stand_under_data_or_its_aliases(badger: Badger, clock: Clock, body: Any) -> None:
    found = badger(Script(answer(body))).users_by_handle(["ada"], clock.errand())
    assert list(found) == ["ada"]


@pytest.mark.parametrize("body", [{"data": None}, {}, None, {"data": "soon"}, {"data": []}])
def test_no_rows_are_no_users(badger: Badger, clock: Clock, body: Any) -> None:
    assert badger(Script(answer(body))).users_by_handle(["ada"], clock.errand()) == {}


def test_a_page_of_followers(badger: Badger, clock: Clock) -> None:
    script = Script(
        answer({"data": [ADA, BOB], "next_cursor": "c|2="}, X_Credits_Used="3"),
        answer({"data": [badger_user(3, "eve")], "next_cursor": None}, X_Credits_Used="2"),
    )
    vendor, errand = badger(script), clock.errand()
    first = vendor.followers(ORBIT, None, 200, errand)
    assert [profile.handle for profile in first.profiles] == ["Ada", "bob"]
    assert (first.cursor, first.provider, first.restarted) == ("c|2=", "scrapebadger", False)
    last = vendor.followers(ORBIT, first.cursor, 198, errand)
    assert [profile.id for profile in last.profiles] == ["3"]
    assert last.cursor is None
    assert last.usage is errand.usage
    assert (errand.usage.calls, errand.usage.rows, errand.usage.credits_used) == (2, 3, 5)
    assert script.paths == ["/v1/twitter/users/OrbitDesk/followers"] * 2
    assert [script.query(0), script.query(1)] == [{}, {"cursor": "c|2="}]


@pytest.mark.parametrize(
    "body",
    [
        {"data": [ADA], "next_cursor": None},
        {"data": [ADA]},
        {"data": [ADA], "next_cursor": ""},
        {"data": [ADA], "next_cursor": "here"},
        {"data": None, "next_cursor": "more"},
        {"data": [], "next_cursor": "more"},
    ],
)
def test_where_a_list_ends(badger: Badger, clock: Clock, body: Any) -> None:
    page = badger(Script(answer(body))).followers(ORBIT, "here", 200, clock.errand())
    assert page.cursor is None


def test_a_cursor_may_be_a_number(badger: Badger, clock: Clock) -> None:
    body = {"data": [ADA], "next_cursor": 1790000000000000001}
    page = badger(Script(answer(body))).followers(ORBIT, None, 200, clock.errand())
    assert page.cursor == "1790000000000000001"
    again = badger(Script(answer(body))).followers(ORBIT, page.cursor, 200, clock.errand())
    assert again.cursor is None


@pytest.mark.parametrize(("limit", "count"), [(20, "20"), (200, "200"), (5000, "200"), (0, "1")])
def test_latest_followers_are_asked_for_by_count(
    badger: Badger, clock: Clock, limit: int, count: str
) -> None:
    script = Script(answer({"data": [ADA], "next_cursor": "2"}))
    vendor = badger(script, listing="latest_followers")
    vendor.followers(ORBIT, None, limit, clock.errand())
    assert script.paths == ["/v1/twitter/users/OrbitDesk/latest_followers"]
    assert script.query() == {"count": count}


def test_rows_that_cannot_be_read_do_not_fail_a_page(badger: Badger, clock: Clock) -> None:
    bad = [{"id": "9"}, {"username": "x"}, None, "text", {"id": 1.5, "username": "y"}]
    script = Script(answer({"data": [ADA, *bad, BOB], "next_cursor": "2"}))
    page = badger(script).followers(ORBIT, None, 200, clock.errand())
    assert [profile.handle for profile in page.profiles] == ["Ada", "bob"]
    assert (page.usage.rows, page.usage.malformed) == (7, 5)
    assert page.cursor == "2"


class Account:
    """One account and its list, which may be out of reach."""

    def __init__(self, listed: httpx.Response, profile: httpx.Response) -> None:
        self._listed, self._profile = listed, profile
        self.paths: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path.removeprefix("/v1/twitter/users/"))
        return self._profile if request.url.path.endswith("/by_id") else self._listed


GONE = answer({"detail": "Not found"}, 404)
EMPTY = answer({"data": None, "next_cursor": None})


@pytest.mark.parametrize(
    ("listed", "profile", "fault"),
    [
        (GONE, GONE, Missing),
        (GONE, answer(badger_user("77", "OrbitDesk", protected=True)), Protected),
        (GONE, answer(badger_user("77", "orbitdesk")), Down),
        (EMPTY, answer(badger_user("77", "OrbitDesk", protected=True)), Protected),
        (EMPTY, GONE, Missing),
    ],
)
def test_why_a_list_is_not_there(
    badger: Badger,
    clock: Clock,
    listed: httpx.Response,
    profile: httpx.Response,
    fault: type[Exception],
) -> None:
    with pytest.raises(fault):
        badger(Account(listed, profile)).followers(ORBIT, None, 200, clock.errand())


def test_an_account_may_have_no_followers(badger: Badger, clock: Clock) -> None:
    account = Account(EMPTY, answer(badger_user("77", "OrbitDesk", protected=False)))
    page = badger(account).followers(ORBIT, None, 200, clock.errand())
    assert (page.profiles, page.cursor) == ((), None)


def test_the_end_of_a_list_is_not_looked_into(badger: Badger, clock: Clock) -> None:
    account = Account(EMPTY, GONE)
    assert badger(account).followers(ORBIT, "c2", 200, clock.errand()).cursor is None
    assert account.paths == ["OrbitDesk/followers"]


def test_a_renamed_account_is_found_by_its_id(badger: Badger, clock: Clock) -> None:
    def world(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/77/by_id"):
            return answer(badger_user("77", "NewDesk"))
        if request.url.path.endswith("/NewDesk/followers"):
            return answer({"data": [ADA], "next_cursor": None})
        return GONE

    page = badger(world).followers(ORBIT, None, 200, clock.errand())
    assert [profile.id for profile in page.profiles] == ["1"]


def test_spent_credits_are_told_apart_even_at_200(badger: Badger, clock: Clock) -> None:
    script = Script(answer({"error": "Insufficient credits"}))
    with pytest.raises(OutOfCredits):
        badger(script).followers(ORBIT, None, 200, clock.errand())
    assert len(script.requests) == 1


@pytest.mark.parametrize("alias", ["data", "tweets"])
def test_recent_posts(badger: Badger, clock: Clock, alias: str) -> None:
    rows = [
        {"id": "31", "created_at": "Tue Jun 02 20:12:29 +0000 2009", "favorite_count": 0},
        {"id": 30, "text": "no counts"},
        {"text": "no id"},
        None,
    ]
    script = Script(answer({alias: rows}))
    errand = clock.errand()
    assert badger(script).recent_posts(ORBIT, errand) == (
        Post("31", datetime(2009, 6, 2, 20, 12, 29, tzinfo=UTC), 0),
        Post("30", None, None),
    )
    assert script.paths == ["/v1/twitter/users/OrbitDesk/latest_tweets"]
    assert (errand.usage.rows, errand.usage.malformed) == (4, 2)


def test_likers(badger: Badger, clock: Clock) -> None:
    script = Script(answer({"data": [ADA], "next_cursor": "2"}), answer({"data": []}))
    vendor = badger(script)
    page = vendor.likers("31", None, clock.errand())
    assert ([profile.id for profile in page.profiles], page.cursor) == (["1"], "2")
    assert vendor.likers("31", "2", clock.errand()).cursor is None
    assert script.paths == ["/v1/twitter/tweets/tweet/31/favoriters"] * 2
    assert script.query() == {"count": "40", "cursor": "2"}
