"""Audiences change with time and by order; nobody is lost; a restart forgets nothing."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from localdev.xworld.server import serve
from localdev.xworld.world import XWorld
from tests.xworld.made_up import USERS, Clock, client, follower_ids, order, world_of


def shown(world: XWorld, handle: str = "orbitdesk") -> list[str]:
    account = world.people.named(handle)
    return [person.id for person in world.followers(account, count=10_000).people]


def test_a_share_is_there_at_the_start_and_the_rest_follows_with_time() -> None:
    clock = Clock()
    world = world_of(200, present=0.9, growth_seconds=60, now=clock)
    account = world.people.named("orbitdesk")
    at_first = shown(world)
    assert world.followers_count(account) == len(at_first) == 180
    clock.seconds += 150
    later = shown(world)
    assert (len(later), later[2:]) == (182, at_first)
    clock.seconds += 10**6
    assert len(shown(world)) == world.followers_count(account) == 200


def test_grown_people_come_from_those_held_back_then_from_the_formula() -> None:
    world = world_of(100, present=0.95)
    at_first = shown(world)
    assert world.grow("orbitdesk", 8) == 103
    now = shown(world)
    assert now[8:] == at_first
    assert set(now[3:8]) < set(world.people.listed)
    assert not set(now[:3]) & set(world.people.listed)
    assert all(world.people.by_id(id) for id in now[:3])


def test_a_page_in_hand_survives_growth_and_unfollows(x: httpx.Client) -> None:
    before = follower_ids(x)
    first = x.get(f"{USERS}/orbitdesk/followers").json()
    order(x, "grow", handle="orbitdesk", count=30)
    order(x, "unfollow", handle="orbitdesk", followers=[first["data"][49]["username"]])
    found = [person["id"] for person in first["data"]]
    cursor = first["next_cursor"]
    while cursor:
        page = x.get(f"{USERS}/orbitdesk/followers", params={"cursor": cursor}).json()
        found += [person["id"] for person in page["data"]]
        cursor = page["next_cursor"]
    assert found == before


def test_unfollows_lower_the_count_and_leave_the_lists(x: httpx.Client) -> None:
    before = follower_ids(x)
    gone = x.get(f"{USERS}/{before[5]}/by_id").json()["username"]
    done = order(x, "unfollow", handle="orbitdesk", count=9, followers=[gone.upper()])
    after = follower_ids(x)
    account = x.get(f"{USERS}/orbitdesk/by_username").json()
    assert done["followers"] == account["followers_count"] == len(after) == 120
    assert set(after) < set(before)
    assert before[5] not in after
    assert len(follower_ids(x, "tidewater")) == 130


def test_a_renamed_account_keeps_its_id_and_followers(x: httpx.Client) -> None:
    before = x.get(f"{USERS}/orbitdesk/by_username").json()
    assert order(x, "rename", handle="orbitdesk", to="OrbitDesk_HQ")["id"] == before["id"]
    assert x.get(f"{USERS}/orbitdesk/by_username").status_code == 404
    now = x.get(f"{USERS}/{before['id']}/by_id").json()
    assert now == {**before, "username": "OrbitDesk_HQ"}
    assert len(follower_ids(x, "orbitdesk_hq")) == 130


def test_a_profile_can_become_protected_or_suspended(x: httpx.Client) -> None:
    order(x, "profile", handle="tidewater", protected=True, bio="closed now")
    assert x.get(f"{USERS}/tidewater/by_username").json()["description"] == "closed now"
    assert follower_ids(x, "tidewater") == []
    order(x, "profile", handle="walker_4", suspended=True)
    assert x.get(f"{USERS}/walker_4/by_username").status_code == 404
    assert "70004" not in follower_ids(x)


def test_any_account_can_get_a_million_followers(x: httpx.Client) -> None:
    assert order(x, "audience", handle="walker_3", size=1_000_000) == {"followers": 1_000_000}
    page = x.get(f"{USERS}/walker_3/followers").json()
    assert x.get(f"{USERS}/walker_3/by_username").json()["followers_count"] == 1_000_000
    assert len({person["id"] for person in page["data"]}) == 50
    person = page["data"][17]
    assert x.get(f"{USERS}/{person['id']}/by_id").json() == person
    assert x.get(f"{USERS}/{person['username'].swapcase()}/by_username").json() == person
    assert order(x, "audience", handle="walker_3", size=3) == {"followers": 3}
    assert len(follower_ids(x, "walker_3")) == 3


def test_the_audience_of_the_file_stays_in_the_lists_of_people_by_formula() -> None:
    world = world_of(1)
    account = world.people.named("grandmeridian")
    newest = world.followers(account, count=1).people[0]
    theirs = world.followers(newest, count=10_000).people
    assert len(theirs) == world.followers_count(newest) == newest.followers
    assert world.people.by_handle(theirs[0].handle) == theirs[0]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("grow", {"handle": "nobody_here", "count": 1}, 404),
        ("grow", {"handle": "orbitdesk"}, 400),
        ("grow", {"handle": "orbitdesk", "count": -1}, 400),
        ("grow", {"handle": "orbitdesk", "count": 10**9}, 400),
        ("audience", {"handle": "orbitdesk", "size": -5}, 400),
        ("rename", {"handle": "orbitdesk", "to": "tidewater"}, 400),
        ("rename", {"handle": "orbitdesk", "to": "no spaces"}, 400),
        ("profile", {"handle": "orbitdesk", "id": "5"}, 400),
        ("runs", {"status": "DONE"}, 400),
        ("dance", {}, 404),
        ("grow", [], 400),
    ],
)
def test_orders_that_cannot_be_carried_out(
    x: httpx.Client, path: str, body: object, status: int
) -> None:
    answer = x.post(f"/_control/{path}", json=body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert len(follower_ids(x)) == 130


def test_state_survives_a_restart(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "state" / "x.json"

    def world() -> XWorld:
        return world_of(100, present=0.9, growth_seconds=60, now=clock, state_file=file)

    with serve(world()) as server, client(server.url) as x:
        order(x, "grow", handle="orbitdesk", count=3)
        order(x, "unfollow", handle="orbitdesk", count=2)
        order(x, "audience", handle="tidewater", size=20_000)
        order(x, "audience", handle="walker_9", size=75)
        order(x, "rename", handle="walker_8", to="runner_8")
        before = follower_ids(x)
    clock.seconds += 120
    again = world()
    assert shown(again)[2:] == before
    assert len(shown(again)) == 93
    assert again.followers_count(again.people.named("tidewater")) == 20_000
    assert len(shown(again, "walker_9")) == 75
    assert again.people.named("runner_8").id == "70008"
    assert again.people.by_handle("walker_8") is None


def test_growth_by_time_goes_on_from_the_first_start(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "x.json"
    options = {"present": 0.9, "growth_seconds": 60, "now": clock, "state_file": file}
    world_of(100, **options)
    clock.seconds += 60 * 4
    assert len(shown(world_of(100, **options))) == 94


def test_the_state_of_another_world_is_left_aside(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    world_of(100, present=0.9, state_file=file).grow("orbitdesk", 5)
    assert len(shown(world_of(60, present=0.9, state_file=file))) == 54
    assert json.loads(file.read_text())["edits"] == {}


def test_reset_undoes_everything(x: httpx.Client) -> None:
    before = follower_ids(x)
    order(x, "grow", handle="orbitdesk", count=5)
    order(x, "rename", handle="tidewater", to="ebb")
    order(x, "limits", credits=0)
    order(x, "reset")
    assert follower_ids(x) == before
    assert x.get(f"{USERS}/tidewater/by_username").status_code == 200
    assert x.get("/_control/stats").json()["scrapebadger"]["endpoints"].keys() == {
        "followers",
        "by_username",
    }
