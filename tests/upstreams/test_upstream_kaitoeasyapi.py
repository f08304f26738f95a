"""KaitoEasyApi: runs begun and followed, datasets read while they grow, Apify's errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from upstream_fakes import (
    NOON,
    Clock,
    Handler,
    Script,
    answer,
    kaito_follower,
    kaito_user,
    transport,
)

from chalicelib.profile import Profile
from chalicelib.upstreams import AccountRef
from chalicelib.upstreams.errors import (
    Down,
    Missing,
    OutOfCredits,
    Protected,
    RateLimited,
    Refused,
    Rejected,
    UpstreamFault,
)
from chalicelib.upstreams.kaitoeasyapi import (
    FOLLOWER_ACTOR,
    NAMED_FAULTS,
    PAGE_ROWS,
    USER_ACTOR,
    KaitoEasyApi,
)

ORBIT = AccountRef("77", "OrbitDesk")
SYNC = f"/v2/acts/{USER_ACTOR}/run-sync-get-dataset-items"

Kaito = Callable[[Handler], KaitoEasyApi]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kaito(clock: Clock) -> Kaito:
    def make(handler: Handler) -> KaitoEasyApi:
        asked = transport(handler, clock, provider="kaitoeasyapi", named_faults=NAMED_FAULTS)
        return KaitoEasyApi(asked, now=clock.now)

    return make


class Apify:
    """Runs of the follower actor: `growth` items more, and the status it has then, at each poll."""

    def __init__(self, *growth: tuple[list[Any], str], users: list[Any] | None = None) -> None:
        self._growth = list(growth)
        self._users = users or []
        self._items: list[Any] = []
        self.status = "READY"
        self.inputs: list[Any] = []
        self.waits: list[str] = []
        self.polls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == SYNC:
            return answer(self._users, 201)
        if path == f"/v2/acts/{FOLLOWER_ACTOR}/runs":
            self.inputs.append(httpx.Response(200, content=request.content).json())
            self.waits.append(request.url.params["waitForFinish"])
            return answer(self._run(), 201)
        if path == "/v2/actor-runs/run1":
            self.polls += 1
            if self._growth:
                more, self.status = self._growth.pop(0)
                self._items += more
            return answer(self._run())
        assert path == "/v2/datasets/data1/items"
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        return answer(self._items[offset : offset + limit])

    def _run(self) -> dict[str, Any]:
        return {"data": {"id": "run1", "defaultDatasetId": "data1", "status": self.status}}


def people(*ids: int) -> list[dict[str, Any]]:
    return [kaito_follower(id, f"user{id}") for id in ids]


def read_all(kaito: KaitoEasyApi, clock: Clock, limit: int = 200) -> tuple[list[str], list[int]]:
    """Ids in order, and the number of rows on each page."""
    ids: list[str] = []
    sizes: list[int] = []
    cursor: str | None = None
    while True:
        page = kaito.followers(ORBIT, cursor, limit, clock.errand())
        ids += [profile.id for profile in page.profiles]
        sizes.append(len(page.profiles))
        if (cursor := page.cursor) is None:
            return ids, sizes


@pytest.mark.parametrize(
    ("limit", "most"), [(1, 200), (200, 200), (1000, 1000), (99_000_000, 10_000_000)]
)
def test_a_run_is_begun_for_what_is_wanted(
    kaito: Kaito, clock: Clock, limit: int, most: int
) -> None:
    apify = Apify()
    page = kaito(apify).followers(ORBIT, None, limit, clock.errand())
    assert (page.profiles, page.cursor) == ((), "run1:data1:0")
    assert page.provider == "kaitoeasyapi"
    assert apify.inputs == [
        {
            "user_names": ["OrbitDesk"],
            "getFollowers": True,
            "getFollowing": False,
            "maxFollowers": most,
            "maxFollowings": 200,
        }
    ]


@pytest.mark.parametrize(("seconds", "wait"), [(60, "5"), (9, "3"), (2, "0")])
def test_waiting_for_a_run_leaves_time_to_read_it(
    kaito: Kaito, clock: Clock, seconds: float, wait: str
) -> None:
    apify = Apify()
    kaito(apify).followers(ORBIT, None, 200, clock.errand(seconds))
    assert apify.waits == [wait]


def test_a_growing_list_is_read_to_its_end(kaito: Kaito, clock: Clock) -> None:
    apify = Apify(
        ([], "READY"),
        (people(1, 2, 3), "RUNNING"),
        ([], "RUNNING"),
        (people(4), "RUNNING"),
        (people(5, 6), "SUCCEEDED"),
    )
    ids, sizes = read_all(kaito(apify), clock)
    assert ids == ["1", "2", "3", "4", "5", "6"]
    assert sizes == [0, 0, 3, 0, 1, 2, 0]
    assert len(apify.inputs) == 1


@pytest.mark.parametrize(
    ("rows", "limit", "is_cut"),
    [(200, 200, True), (190, 200, True), (179, 200, False), (200, 10, True), (200, 400, False)],
)
def test_a_list_as_long_as_was_asked_for_may_go_on(
    kaito: Kaito, clock: Clock, rows: int, limit: int, is_cut: bool
) -> None:
    vendor = kaito(Apify((people(*range(1, rows + 1)), "SUCCEEDED")))
    page = vendor.followers(ORBIT, "run1:data1:0", limit, clock.errand())
    assert not page.is_cut
    last = vendor.followers(ORBIT, page.cursor, limit, clock.errand())
    assert (last.cursor, last.is_cut) == (None, is_cut)


def test_rows_at_hand_are_read_without_asking_for_the_run(kaito: Kaito, clock: Clock) -> None:
    apify = Apify((people(*range(1, 2 * PAGE_ROWS + 2)), "SUCCEEDED"))
    ids, sizes = read_all(kaito(apify), clock)
    assert ids == [str(id) for id in range(1, 2 * PAGE_ROWS + 2)]
    assert sizes == [0, PAGE_ROWS, PAGE_ROWS, 1, 0]
    assert apify.polls == 2


@pytest.mark.parametrize("status", ["FAILED", "ABORTED", "TIMED-OUT"])
def test_a_broken_run_hands_out_what_it_wrote_and_then_fails(
    kaito: Kaito, clock: Clock, status: str
) -> None:
    vendor = kaito(Apify((people(1, 2), status)))
    begun = vendor.followers(ORBIT, None, 200, clock.errand())
    page = vendor.followers(ORBIT, begun.cursor, 200, clock.errand())
    assert [profile.id for profile in page.profiles] == ["1", "2"]
    assert page.cursor == "run1:data1:2"
    with pytest.raises(Down, match=status):
        vendor.followers(ORBIT, page.cursor, 198, clock.errand())


@pytest.mark.parametrize("status", ["TIMING-OUT", "ABORTING"])
def test_a_run_that_is_ending_may_still_write(kaito: Kaito, clock: Clock, status: str) -> None:
    page = kaito(Apify(([], status))).followers(ORBIT, "run1:data1:0", 200, clock.errand())
    assert page.cursor == "run1:data1:0"


def test_a_follower(kaito: Kaito, clock: Clock) -> None:
    item = kaito_follower(
        1790000000000000001,
        "Ada_L",
        id=1790000000000000000,
        name="Ada ✨",
        description="",
        location="Lund",
        url=None,
        profile_image_url_https="https://pbs.test/a.jpg",
        followers_count=0,
        friends_count=12,
        statuses_count=345,
        listed_count=3,
        favourites_count=99,
        protected=True,
        default_profile_image=True,
    )
    page = kaito(Apify(([item], "RUNNING"))).followers(ORBIT, "run1:data1:0", 200, clock.errand())
    assert page.profiles == (
        Profile(
            id="1790000000000000001",
            handle="Ada_L",
            name="Ada ✨",
            bio="",
            location="Lund",
            image_url="https://pbs.test/a.jpg",
            followers=0,
            following=12,
            posts=345,
            listed=3,
            likes=99,
            created_at=datetime(2026, 2, 13, 10, 51, 47, tzinfo=UTC),
            verified=None,
            protected=True,
            default_image=True,
            as_of=NOON,
        ),
    )


def test_rows_that_are_no_followers_are_passed_over_but_keep_their_place(
    kaito: Kaito, clock: Clock
) -> None:
    rows = [
        {"id": -1, "text": "placeholder of the free plan"},
        kaito_follower(1, "ada", type="following"),
        *people(2),
        None,
    ]
    page = kaito(Apify((rows, "RUNNING"))).followers(ORBIT, "run1:data1:0", 200, clock.errand())
    assert [profile.id for profile in page.profiles] == ["2"]
    assert page.cursor == "run1:data1:4"
    assert (page.usage.rows, page.usage.malformed) == (3, 2)


@pytest.mark.parametrize(
    ("users", "fault"),
    [
        ([], Missing),
        ([kaito_user("77", "OrbitDesk", privacy={"suspended": True})], Missing),
        ([kaito_user("77", "OrbitDesk", privacy={"protected": True})], Protected),
    ],
)
def test_why_a_list_is_empty(
    kaito: Kaito, clock: Clock, users: list[Any], fault: type[UpstreamFault]
) -> None:
    vendor = kaito(Apify(([], "SUCCEEDED"), users=users))
    with pytest.raises(fault):
        vendor.followers(ORBIT, "run1:data1:0", 200, clock.errand())


def test_an_account_may_have_no_followers(kaito: Kaito, clock: Clock) -> None:
    apify = Apify(([], "SUCCEEDED"), users=[kaito_user("77", "OrbitDesk")])
    page = kaito(apify).followers(ORBIT, "run1:data1:0", 200, clock.errand())
    assert (page.profiles, page.cursor) == ((), None)


@pytest.mark.parametrize("cursor", ["run1", "run1:data1", "run1:data1:x", "a/b:c:0", ":d:0", ""])
def test_a_foreign_cursor_is_rejected(kaito: Kaito, clock: Clock, cursor: str) -> None:
    script = Script(answer([]))
    with pytest.raises(Rejected):
        kaito(script).followers(ORBIT, cursor, 200, clock.errand())
    assert script.requests == []


def test_a_run_that_apify_has_forgotten_is_a_failure_not_a_missing_account(
    kaito: Kaito, clock: Clock
) -> None:
    gone = answer({"error": {"type": "record-not-found", "message": "Dataset not found"}}, 404)
    with pytest.raises(Down, match="gone"):
        kaito(Script(gone)).followers(ORBIT, "run1:data1:0", 200, clock.errand())


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"data": {"id": "run1"}}, []])
def test_a_start_that_names_no_run_is_a_failure(kaito: Kaito, clock: Clock, body: Any) -> None:
    with pytest.raises(Down, match="without id"):
        kaito(Script(answer(body, 201))).followers(ORBIT, None, 200, clock.errand())


@pytest.mark.parametrize(
    ("status", "error", "fault", "tries"),
    [
        (404, "actor-not-found: Actor was not found", Refused, 1),
        (404, "page-not-found: We have bad news", Refused, 1),
        (403, "actor-is-not-rented: Rent it", Refused, 1),
        (403, "apify-plan-required-to-use-paid-actor: Pay", Refused, 1),
        (401, "user-or-token-not-found: No", Refused, 1),
        (403, "platform-feature-disabled: Monthly usage hard limit exceeded", OutOfCredits, 1),
        (402, "actor-memory-limit-exceeded: Too much", RateLimited, 4),
        (402, "concurrent-runs-limit-exceeded: Too many", RateLimited, 4),
        (429, "rate-limit-exceeded: Slow down", RateLimited, 4),
        (400, "invalid-input: maxFollowers is wrong", Rejected, 1),
        (400, "actor-run-failed: Run failed", Down, 1),
        (500, "internal-error: Oh", Down, 1),
        (503, "unavailable: Soon", Down, 4),
    ],
)
def test_apifys_errors(
    clock: Clock, status: int, error: str, fault: type[UpstreamFault], tries: int
) -> None:
    type, _, message = error.partition(": ")
    script = Script(answer({"error": {"type": type, "message": message}}, status))
    asked = transport(script, clock, named_faults=NAMED_FAULTS)
    with pytest.raises(fault):
        KaitoEasyApi(asked).followers(ORBIT, None, 200, clock.errand())
    assert len(script.requests) == tries


def test_a_lost_start_is_not_repeated(kaito: Kaito, clock: Clock) -> None:
    script = Script(httpx.ReadTimeout("silent"), answer({}))
    with pytest.raises(Down):
        kaito(script).followers(ORBIT, None, 200, clock.errand())
    assert len(script.requests) == 1


def test_a_whole_user(kaito: Kaito, clock: Clock) -> None:
    item = kaito_user(
        "44196397",
        "Ada_L",
        profile_bio={"description": "Founder"},
        location={"location": "Lund"},
        website={"url": "https://t.co/x"},
        avatar={"image_url": "https://pbs.test/a.jpg"},
        relationship_counts={"followers": 0, "following": 12},
        tweet_counts={"tweets": 345, "media_tweets": 1},
        action_counts={"favorites_count": 99},
        verification={"is_blue_verified": True, "verified": False},
        privacy={"protected": False, "suspended": False},
    )
    script = Script(answer([item], 201))
    assert kaito(script).user_by_id("44196397", clock.errand()) == Profile(
        id="44196397",
        handle="Ada_L",
        name="Ada_L",
        bio="Founder",
        location="Lund",
        url="https://t.co/x",
        image_url="https://pbs.test/a.jpg",
        followers=0,
        following=12,
        posts=345,
        likes=99,
        created_at=datetime(2026, 2, 13, 10, 51, 47, tzinfo=UTC),
        verified=True,
        protected=False,
        as_of=NOON,
    )
    assert script.paths == [SYNC]
    assert script.body() == {"user_ids": ["44196397"]}


@pytest.mark.parametrize(
    ("verification", "verified"),
    [
        ({}, None),
        ({"verified": False}, None),
        ({"is_blue_verified": False, "verified": False}, False),
        ({"is_blue_verified": False, "verified": True}, True),
        ({"is_blue_verified": True}, True),
    ],
)
def test_verification(
    kaito: Kaito, clock: Clock, verification: dict[str, Any], verified: bool | None
) -> None:
    script = Script(answer([kaito_user("1", "ada", verification=verification)]))
    assert kaito(script).user_by_id("1", clock.errand()).verified is verified


def test_handles_are_looked_up_and_missing_ones_are_absent(kaito: Kaito, clock: Clock) -> None:
    items = [
        kaito_user("1", "Ada"),
        kaito_user("2", "bob", privacy={"suspended": True}),
        {"rest_id": "3"},
        {"noResults": True},
    ]
    script = Script(answer(items, 201))
    errand = clock.errand(30)
    found = kaito(script).users_by_handle(["@ada", "bob", "ghost", "a b"], errand)
    assert {handle: profile.id for handle, profile in found.items()} == {"ada": "1"}
    assert script.body() == {"user_names": ["ada", "bob", "ghost"]}
    assert script.query() == {"timeout": "30"}
    assert (errand.usage.rows, errand.usage.malformed) == (3, 2)


def test_users_are_looked_up_a_hundred_at_a_time(kaito: Kaito, clock: Clock) -> None:
    script = Script(answer([]))
    assert kaito(script).users_by_id([str(id) for id in range(101)], clock.errand()) == {}
    assert [len(script.body(index)["user_ids"]) for index in (0, 1)] == [100, 1]


def test_a_look_up_that_takes_too_long_is_not_begun_again(kaito: Kaito, clock: Clock) -> None:
    script = Script(answer({"error": {"type": "run-timeout-exceeded", "message": "300 s"}}, 408))
    with pytest.raises(Down):
        kaito(script).user_by_id("1", clock.errand())
    assert len(script.requests) == 1
