"""Both clients against the fake X world over loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chalicelib import clock
from chalicelib.profile import Profile
from chalicelib.upstreams import AccountRef, Errand, Page, Usage, kaitoeasyapi, scrapebadger
from chalicelib.upstreams.errors import Missing, Protected, Refused
from chalicelib.upstreams.health import Health
from chalicelib.upstreams.kaitoeasyapi import KaitoEasyApi
from chalicelib.upstreams.profiles import Profiles, Provider, build_profiles
from chalicelib.upstreams.scrapebadger import ScrapeBadger
from chalicelib.upstreams.transport import Transport
from localdev.xworld.person import people_of
from localdev.xworld.server import Server, serve
from localdev.xworld.world import XWorld

READ_TIMEOUT = 0.2
AUDIENCE = 620
BRAND, NOBODY, PRIVATE = "orbitdesk", "emptylot", "lockedgarden"


def rows() -> Iterator[dict[str, Any]]:
    for n in range(AUDIENCE):
        yield {
            "id": str(1_790_000_000_000_000_001 + n),
            "handle": f"walker_{n}",
            "name": f"Walker {n} ✨" if n % 3 else None,
            "bio": f"Paints boats, number {n}" if n % 4 else "",
            "location": "Lund" if n % 5 else None,
            "followers": n,
            "following": 2 * n if n % 6 else None,
            "tweets": 0,
            "likes": 7,
            "createdAt": "2019-05-06T07:08:09Z",
            "asOf": "2026-11-20T00:00:00Z",
            "blueVerified": bool(n % 2),
            "verified": False,
            "defaultAvatar": n % 7 == 0,
            "protected": n % 50 == 49,
        }


def impatient(client: httpx.Client, vendor: Any) -> Transport:
    """A transport that does not wait between tries."""
    return Transport(
        client,
        provider=vendor.NAME,
        named_faults=vendor.NAMED_FAULTS,
        read_timeout=READ_TIMEOUT,
        sleep=lambda _: None,
    )


class World:
    """The fake world, its control paths, and our clients of it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.url = server.url
        self._http = httpx.Client(base_url=server.url)
        badger = self._client({"x-api-key": "sb_test"})
        kaito = self._client({"authorization": "Bearer test"})
        self._clients = [self._http, badger, kaito]
        self.badger_transport = impatient(badger, scrapebadger)
        self.badger = ScrapeBadger(self.badger_transport)
        self.kaito = KaitoEasyApi(impatient(kaito, kaitoeasyapi))
        self.profiles = Profiles([self.badger, self.kaito], Health())

    def _client(self, headers: dict[str, str]) -> httpx.Client:
        return httpx.Client(base_url=self._server.url, headers=headers)

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def control(self, order: str, body: Any = None) -> Any:
        answer = self._http.post(f"/_control/{order}", json=body)
        answer.raise_for_status()
        return answer.json()

    def counted(self, vendor: str) -> Any:
        """What the vendor was asked for, by its own count."""
        return self._http.get("/_control/stats").json()[vendor]

    def ref(self, handle: str) -> AccountRef:
        person = self._server.world.people.named(handle)
        return AccountRef(person.id, person.handle)

    def true_ids(self, handle: str) -> list[str]:
        world = self._server.world
        account = world.people.named(handle)
        return [person.id for person in world.at(account, world.places(account))]


@pytest.fixture
def world() -> Iterator[World]:
    with serve(XWorld(people_of(rows()), present=1.0)) as server:
        world = World(server)
        yield world
        world.close()


def errand() -> Errand:
    return Errand(clock.now() + timedelta(seconds=20))


def read_list(profiles: Profiles, ref: AccountRef) -> list[Page]:
    pages: list[Page] = []
    cursor: str | None = None
    while True:
        page = profiles.followers(ref, cursor, 5000)
        pages.append(page)
        if (cursor := page.cursor) is None:
            return pages


def alone(provider: Provider) -> Profiles:
    return Profiles([provider], Health())


def people(pages: list[Page]) -> list[Profile]:
    return [profile for page in pages for profile in page.profiles]


def ids(pages: list[Page]) -> list[str]:
    return [profile.id for profile in people(pages)]


def test_each_client_reads_a_whole_list_newest_first(world: World) -> None:
    expected = world.true_ids(BRAND)
    assert len(expected) >= AUDIENCE
    latest = ScrapeBadger(world.badger_transport, listing="latest_followers")
    for provider in (world.badger, latest, world.kaito):
        assert ids(read_list(alone(provider), world.ref(BRAND))) == expected


def test_both_clients_tell_the_same_of_everybody(world: World) -> None:
    def told_by(provider: Provider) -> dict[str, Profile]:
        read = people(read_list(alone(provider), world.ref(BRAND)))
        return {profile.id: replace(profile, verified=None) for profile in read}

    badger, kaito = told_by(world.badger), told_by(world.kaito)
    assert badger == kaito
    walker = next(profile for profile in kaito.values() if profile.handle == "walker_1")
    assert walker == Profile(
        id="1790000000000000002",
        handle="walker_1",
        name="Walker 1 ✨",
        bio="Paints boats, number 1",
        location="Lund",
        image_url=walker.image_url,
        followers=1,
        following=2,
        posts=0,
        likes=7,
        created_at=datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC),
        protected=False,
        default_image=False,
        as_of=datetime(2026, 11, 20, tzinfo=UTC),
    )


def test_both_clients_look_up_by_handle_and_by_id(world: World) -> None:
    handles = [f"Walker_{n}" for n in range(250)]
    by_handle = [
        provider.users_by_handle([*handles, "nobody_here"], errand())
        for provider in (world.badger, world.kaito)
    ]
    assert [sorted(found) for found in by_handle] == [sorted(map(str.lower, handles))] * 2
    for badger, kaito in zip(*(found.values() for found in by_handle), strict=True):
        known = replace(badger, listed=None, default_image=None)
        assert known == kaito
    asked = [profile.id for profile in by_handle[0].values()]
    for provider in (world.badger, world.kaito):
        found = provider.users_by_id([*asked, "4"], errand())
        assert list(found) == asked


@pytest.mark.parametrize("name", ["badger", "kaito"])
def test_each_client_tells_why_there_is_no_list(world: World, name: str) -> None:
    provider: Provider = getattr(world, name)
    with pytest.raises(Protected):
        read_list(alone(provider), world.ref(PRIVATE))
    with pytest.raises(Missing):
        read_list(alone(provider), AccountRef("4", "nobody_here"))
    with pytest.raises(Missing):
        provider.user_by_id("4", errand())
    world.control("profile", {"handle": BRAND, "suspended": True})
    with pytest.raises(Missing):
        read_list(alone(provider), world.ref(BRAND))
    assert ids(read_list(alone(provider), world.ref(NOBODY))) == []


def test_a_rename_in_the_middle_of_a_list(world: World) -> None:
    ref, expected = world.ref(BRAND), world.true_ids(BRAND)
    first = world.profiles.followers(ref, None, 5000)
    world.control("rename", {"handle": BRAND, "to": "orbit_hq"})
    seen, cursor = ids([first]), first.cursor
    while cursor:
        page = world.profiles.followers(ref, cursor, 5000)
        assert (page.provider, page.restarted) == ("scrapebadger", False)
        seen, cursor = seen + ids([page]), page.cursor
    assert seen == expected
    assert world.profiles.refresh(ref).handle == "orbit_hq"


def test_new_followers_come_first(world: World) -> None:
    before = set(world.true_ids(BRAND))
    world.control("grow", {"handle": BRAND, "count": 3})
    for provider in (world.badger, world.kaito):
        read = ids(read_list(alone(provider), world.ref(BRAND)))
        assert set(read[:3]).isdisjoint(before)
        assert set(read[3:]) == before


@pytest.mark.parametrize("kind", ["429", "500", "503", "502", "cut", "error200", "timeout"])
@pytest.mark.parametrize("vendor", ["scrapebadger", "apify"])
def test_a_passing_fault_costs_nothing_but_a_try(world: World, vendor: str, kind: str) -> None:
    expected, ref = world.true_ids(BRAND), world.ref(BRAND)
    path = "/v1/.*/followers" if vendor == "scrapebadger" else "/v2/datasets/"
    fault = {"vendor": vendor, "path": path, "kind": kind, "times": 1, "after": 1, "seconds": 0.4}
    world.control("faults", [fault])
    provider = world.badger if vendor == "scrapebadger" else world.kaito
    pages = read_list(alone(provider), ref)
    assert ids(pages) == expected
    assert sum(page.usage.calls for page in pages) == world.counted(vendor)["calls"]
    assert not any(page.restarted for page in pages)


@pytest.mark.parametrize("kind", ["500", "401", "402", "cut", "timeout", "error200"])
def test_a_dead_provider_is_taken_over_in_the_middle(world: World, kind: str) -> None:
    expected = world.true_ids(BRAND)
    fault = {"vendor": "scrapebadger", "kind": kind, "times": -1, "after": 2, "seconds": 0.4}
    world.control("faults", [fault])
    pages = read_list(world.profiles, world.ref(BRAND))
    asked = [page.provider for page in pages]
    assert asked[:3] == ["scrapebadger", "scrapebadger", "kaitoeasyapi"]
    assert set(asked[2:]) == {"kaitoeasyapi"}
    assert [place for place, page in enumerate(pages) if page.restarted] == [2]
    assert ids(pages[2:]) == expected


def test_a_run_that_breaks_hands_over_what_it_has_first(world: World) -> None:
    ref, expected = world.ref(BRAND), world.true_ids(BRAND)
    world.control("faults", [{"vendor": "scrapebadger", "kind": "503", "times": 4}])
    begun = world.profiles.followers(ref, None, 5000)
    assert begun.provider == "kaitoeasyapi"
    some = world.profiles.followers(ref, begun.cursor, 5000)
    assert some.profiles
    world.control("runs", {"status": "ABORTED"})
    pages = [some]
    while pages[-1].cursor:
        pages.append(world.profiles.followers(ref, pages[-1].cursor, 5000))
    restarts = [place for place, page in enumerate(pages) if page.restarted]
    assert len(restarts) == 1
    assert ids(pages[: restarts[0]]) == expected[: len(ids(pages[: restarts[0]]))]
    assert ids(pages[restarts[0] :]) == expected


def test_usage_agrees_with_what_the_vendor_counted(world: World) -> None:
    usage, cursor, read = Usage(), None, 0
    while True:
        page = world.profiles.followers(world.ref(BRAND), cursor, 5000, usage=usage)
        read += len(page.profiles)
        if (cursor := page.cursor) is None:
            break
    counted = world.counted("scrapebadger")
    assert usage.rows == read == counted["rows"]
    assert (usage.calls, usage.credits_used) == (counted["calls"], counted["credits"])


def test_a_key_that_is_refused(world: World) -> None:
    http = httpx.Client(base_url=world.url, headers={"x-api-key": "wrong"})
    with http, pytest.raises(Refused):
        ScrapeBadger(impatient(http, scrapebadger)).user_by_id("4", errand())


def test_posts_and_their_likers(world: World) -> None:
    ref = world.ref(BRAND)
    posts = world.badger.recent_posts(ref, errand())
    assert posts
    assert all(post.id.isdigit() and post.created_at for post in posts)
    audience = set(world.true_ids(BRAND))
    for post in posts:
        page = world.badger.likers(post.id, None, errand())
        assert {profile.id for profile in page.profiles} <= audience


def test_built_from_settings_it_works_the_same(world: World) -> None:
    with httpx.HTTPTransport() as wire:
        profiles = build_profiles(
            scrapebadger_base_url=world.url,
            scrapebadger_api_key="sb_local",
            apify_base_url=world.url,
            apify_token="apify_local",
            wire=wire,
        )
        found = profiles.resolve([BRAND, PRIVATE, "nobody_here"])
        assert sorted(found) == sorted([BRAND, PRIVATE])
        assert found[PRIVATE].protected is True
        assert ids(read_list(profiles, world.ref(BRAND))) == world.true_ids(BRAND)
