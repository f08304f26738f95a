"""Profiles: who is asked, in which order, and what a take-over looks like from outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from upstream_fakes import Clock, Script, answer, badger_user, kaito_user

from chalicelib.profile import Profile
from chalicelib.upstreams import AccountRef, Errand, Page, Usage
from chalicelib.upstreams.errors import (
    Down,
    Missing,
    OutOfCredits,
    Protected,
    RateLimited,
    Rejected,
    Unavailable,
    UpstreamFault,
)
from chalicelib.upstreams.health import Health
from chalicelib.upstreams.profiles import Profiles, build_profiles

ORBIT = AccountRef("77", "orbitdesk")


class Vendor:
    """A provider whose list is `size` people long, two to a page; `fault` is raised while set."""

    def __init__(self, name: str, clock: Clock, size: int = 6, takes: float = 0) -> None:
        self.name = name
        self._clock = clock
        self._size = size
        self._takes = takes
        self.fault: UpstreamFault | None = None
        self.asked = 0
        self.meanwhile: Callable[[], None] | None = None
        self.shares: list[float] = []
        self.lists: list[tuple[AccountRef, int]] = []

    def _answer(self, errand: Errand) -> None:
        self.asked += 1
        errand.usage.calls += 1
        self.shares.append((errand.until - self._clock.now()).total_seconds())
        self._clock.advance(self._takes)
        if self.meanwhile:
            self.meanwhile()
        if self.fault:
            raise self.fault

    def _profile(self, id: str, handle: str) -> Profile:
        return Profile(id=id, handle=handle, bio=f"as {self.name} says")

    def users_by_handle(self, handles: Sequence[str], errand: Errand) -> dict[str, Profile]:
        self._answer(errand)
        return {name: self._profile("1", name) for name in handles if name != "ghost"}

    def users_by_id(self, ids: Sequence[str], errand: Errand) -> dict[str, Profile]:
        self._answer(errand)
        return {id: self._profile(id, f"user{id}") for id in ids}

    def user_by_id(self, id: str, errand: Errand) -> Profile:
        return self.users_by_id([id], errand)[id]

    def followers(self, ref: AccountRef, cursor: str | None, limit: int, errand: Errand) -> Page:
        self._answer(errand)
        self.lists.append((ref, limit))
        start = int((cursor or "at:0").removeprefix("at:"))
        end = min(start + 2, self._size)
        return Page(
            profiles=tuple(self._profile(str(n), f"user{n}") for n in range(start, end)),
            cursor=f"at:{end}" if end < self._size else None,
            usage=errand.usage,
            provider=self.name,
        )


class World:
    """Two vendors behind one Profiles."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.badger = Vendor("badger", self.clock, **options)
        self.kaito = Vendor("kaito", self.clock)
        self.health = Health(failures=3, rest=30, now=self.clock.now)
        self.profiles = Profiles(
            [self.badger, self.kaito], self.health, budget=20, now=self.clock.now
        )


@pytest.fixture
def world() -> World:
    return World()


DOWN = Down("badger", "503")


def ids(page: Page) -> list[str]:
    return [profile.id for profile in page.profiles]


def test_the_first_provider_is_asked_alone(world: World) -> None:
    found = world.profiles.resolve(["Ada", "ghost"])
    assert {handle: profile.bio for handle, profile in found.items()} == {"ada": "as badger says"}
    assert world.kaito.asked == 0, "a plain miss is believed"


def test_nothing_to_resolve_is_no_call(world: World) -> None:
    assert world.profiles.resolve([]) == {}
    assert world.profiles.resolve(["not a handle"]) == {}
    assert world.badger.asked == 0


@pytest.mark.parametrize("fault", [DOWN, OutOfCredits("badger", "402"), Rejected("badger", "422")])
def test_the_next_provider_answers_where_the_first_failed(world: World, fault: Unavailable) -> None:
    world.badger.fault = fault
    usage = Usage()
    assert world.profiles.resolve(["ada"], usage=usage)["ada"].bio == "as kaito says"
    assert world.profiles.refresh(ORBIT).bio == "as kaito says"
    assert usage.calls == 2


@pytest.mark.parametrize("fault", [Missing("badger", "404"), Protected("badger", "private")])
def test_an_answer_that_is_a_fault_is_final(world: World, fault: UpstreamFault) -> None:
    world.badger.fault = fault
    with pytest.raises(type(fault)):
        world.profiles.refresh(ORBIT)
    with pytest.raises(type(fault)):
        world.profiles.followers(ORBIT, None, 200)
    assert world.kaito.asked == 0
    assert world.health.allows("badger")


def test_when_nobody_answers_it_says_when_to_come_back(world: World) -> None:
    world.badger.fault, world.kaito.fault = DOWN, RateLimited("kaito", "429", 12)
    with pytest.raises(Unavailable, match="kaito: 429") as caught:
        world.profiles.resolve(["ada"])
    assert caught.value.retry_after == 12
    assert caught.value.__cause__ is world.kaito.fault


def test_when_all_are_resting_nobody_is_asked(world: World) -> None:
    world.badger.fault, world.kaito.fault = OutOfCredits("badger", "402"), DOWN
    for _ in range(3):
        with pytest.raises(Unavailable):
            world.profiles.resolve(["ada"])
    world.clock.advance(10)
    with pytest.raises(Unavailable, match="all are resting") as caught:
        world.profiles.resolve(["ada"])
    assert caught.value.retry_after == 20
    assert (world.badger.asked, world.kaito.asked) == (1, 3)


def test_without_providers_there_is_no_answer() -> None:
    with pytest.raises(Unavailable, match="none is configured") as caught:
        Profiles([], Health()).resolve(["ada"])
    assert caught.value.retry_after == 30


def test_a_list_goes_on_with_the_provider_that_began_it(world: World) -> None:
    cursor, seen = None, []
    while True:
        page = world.profiles.followers(ORBIT, cursor, 200)
        seen += ids(page)
        assert (page.provider, page.restarted) == ("badger", False)
        if (cursor := page.cursor) is None:
            break
        assert cursor.startswith("badger:at:")
    assert seen == ["0", "1", "2", "3", "4", "5"]
    assert world.kaito.asked == 0
    assert set(world.badger.lists) == {(ORBIT, 200)}


def test_another_provider_takes_over_in_the_middle(world: World) -> None:
    first = world.profiles.followers(ORBIT, None, 200)
    world.badger.fault = DOWN
    taken = world.profiles.followers(ORBIT, first.cursor, 198)
    assert (taken.provider, taken.restarted) == ("kaito", True)
    assert ids(taken) == ["0", "1"]
    world.badger.fault = None
    page = world.profiles.followers(ORBIT, taken.cursor, 196)
    assert (page.provider, page.restarted, ids(page)) == ("kaito", False, ["2", "3"])
    assert world.badger.asked == 2, "it is not asked again for each page"


def test_the_first_page_of_a_fallback_is_no_restart(world: World) -> None:
    world.badger.fault = DOWN
    page = world.profiles.followers(ORBIT, None, 200)
    assert (page.provider, page.restarted) == ("kaito", False)


def test_a_fallback_that_breaks_gives_back_to_the_first(world: World) -> None:
    world.kaito.fault = Down("kaito", "the run ended as FAILED")
    page = world.profiles.followers(ORBIT, "kaito:at:4", 200)
    assert (page.provider, page.restarted, page.cursor) == ("badger", True, "badger:at:2")


@pytest.mark.parametrize("cursor", ["gone:at:2", "nonsense", "badger:", ":"])
def test_a_cursor_nobody_knows_begins_anew(world: World, cursor: str) -> None:
    page = world.profiles.followers(ORBIT, cursor, 200)
    assert (page.provider, page.restarted, ids(page)) == ("badger", True, ["0", "1"])


def test_a_dead_provider_is_left_alone_and_then_probed(world: World) -> None:
    world.badger.fault = DOWN
    for _ in range(10):
        world.profiles.resolve(["ada"])
    assert (world.badger.asked, world.kaito.asked) == (3, 10)
    world.clock.advance(30)
    world.badger.fault = None
    assert world.profiles.resolve(["ada"])["ada"].bio == "as badger says"
    assert world.profiles.resolve(["ada"])["ada"].bio == "as badger says"


def test_who_begins_to_rest_meanwhile_is_not_asked(world: World) -> None:
    def another_thread() -> None:
        world.health.failed("kaito", OutOfCredits("kaito", "402"))

    world.badger.fault, world.badger.meanwhile = DOWN, another_thread
    with pytest.raises(Unavailable):
        world.profiles.resolve(["ada"])
    assert world.kaito.asked == 0


def test_each_provider_has_its_share_of_the_time(world: World) -> None:
    slow = World(takes=10)
    slow.badger.fault = DOWN
    slow.profiles.resolve(["ada"])
    assert (slow.badger.shares, slow.kaito.shares) == ([10], [10])
    slow.profiles.resolve(["ada"], budget=60)
    assert (slow.badger.shares[-1], slow.kaito.shares[-1]) == (30, 50)
    slow.profiles.resolve(["ada"])
    slow.profiles.resolve(["ada"])
    assert (slow.badger.asked, slow.kaito.shares[-1]) == (3, 20), "who rests has no share"


def test_usage_of_a_page_includes_those_who_failed(world: World) -> None:
    world.badger.fault = DOWN
    usage = Usage(calls=5)
    page = world.profiles.followers(ORBIT, None, 200, usage=usage)
    assert page.usage is usage
    assert usage.calls == 7


KEYS = {
    "scrapebadger_base_url": "http://badger.test",
    "scrapebadger_api_key": "sb_key",
    "apify_base_url": "http://apify.test",
    "apify_token": "apify_key",
}


def vendors(request: httpx.Request) -> httpx.Response:
    if request.url.host == "badger.test":
        return answer({"data": [badger_user("1", "ada")]})
    return answer([kaito_user("1", "ada")], 201)


@pytest.mark.parametrize(
    ("changes", "host", "header", "value"),
    [
        ({}, "badger.test", "x-api-key", "sb_key"),
        ({"apify_token": ""}, "badger.test", "x-api-key", "sb_key"),
        ({"scrapebadger_api_key": ""}, "apify.test", "authorization", "Bearer apify_key"),
    ],
)
def test_a_provider_without_a_key_is_left_out(
    changes: dict[str, str], host: str, header: str, value: str
) -> None:
    script = Script(vendors)
    profiles = build_profiles(**{**KEYS, **changes}, wire=httpx.MockTransport(script))
    assert profiles.resolve(["ada"])["ada"].id == "1"
    (request,) = script.requests
    assert request.url.host == host
    assert request.headers[header] == value
    assert "_key" not in str(request.url), "keys in addresses end up in logs"


@pytest.mark.parametrize(
    "base",
    ["http://apify.test", "http://apify.test/", "http://apify.test/v2", "http://apify.test/v2/"],
)
def test_apifys_base_may_name_the_version(base: str) -> None:
    script = Script(vendors)
    keys = {**KEYS, "scrapebadger_api_key": "", "apify_base_url": base}
    build_profiles(**keys, wire=httpx.MockTransport(script)).resolve(["ada"])
    assert script.paths[0].startswith("/v2/acts/")


def test_without_keys_nobody_answers() -> None:
    keys = {**KEYS, "scrapebadger_api_key": "", "apify_token": ""}
    with pytest.raises(Unavailable):
        build_profiles(**keys).resolve(["ada"])


def test_the_follower_list_can_be_chosen() -> None:
    script = Script(vendors)
    profiles = build_profiles(
        **KEYS, scrapebadger_listing="latest_followers", wire=httpx.MockTransport(script)
    )
    profiles.followers(ORBIT, None, 20)
    assert script.paths == ["/v1/twitter/users/orbitdesk/latest_followers"]


def test_keys_stay_out_of_faults_and_reprs() -> None:
    script = Script(answer({"error": "Invalid API key"}, 401))
    profiles = build_profiles(**KEYS, wire=httpx.MockTransport(script))
    with pytest.raises(Unavailable) as caught:
        profiles.resolve(["ada"])
    told = f"{caught.value!r} {caught.value} {profiles!r} {vars(profiles)}"
    assert "sb_key" not in told
    assert "apify_key" not in told


def test_many_threads_share_one_profiles() -> None:
    profiles = build_profiles(**KEYS, wire=httpx.MockTransport(vendors))
    usages = [Usage() for _ in range(200)]
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda usage: profiles.resolve(["ada"], usage=usage), usages))
    assert all(answered["ada"].id == "1" for answered in found)
    assert {(usage.calls, usage.rows) for usage in usages} == {(1, 1)}


def test_importing_it_costs_no_http_library() -> None:
    code = (
        "import sys, chalicelib.upstreams.profiles;"
        "print(sorted({'httpx', 'httpcore', 'tenacity', 'ssl'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert printed.stdout.decode().strip() == "[]"
