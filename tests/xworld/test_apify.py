"""Apify's wire: runs that advance, datasets that grow, items of both actors."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from localdev.xworld.server import serve
from tests.xworld.made_up import FOLLOWER_RUNS, USER_RUNS, client, follower_ids, order, world_of

ASK = {
    "user_names": ["orbitdesk"],
    "getFollowers": True,
    "getFollowing": False,
    "maxFollowers": 200,
    "maxFollowings": 200,
}


def started(x: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = x.post(f"{FOLLOWER_RUNS}/runs", json={**ASK, **changes})
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()["data"]
    return run


def looked(x: httpx.Client, run: dict[str, Any], wait: int = 0) -> dict[str, Any]:
    answer = x.get(f"/v2/actor-runs/{run['id']}", params={"waitForFinish": wait})
    later: dict[str, Any] = answer.json()["data"]
    return later


def items(x: httpx.Client, run: dict[str, Any], **params: Any) -> httpx.Response:
    return x.get(f"/v2/datasets/{run['defaultDatasetId']}/items", params=params)


def test_a_run_is_ready_then_running_then_succeeded_and_its_items_grow(x: httpx.Client) -> None:
    run = started(x)
    seen = [(run["status"], len(items(x, run).json()))]
    while run["status"] in ("READY", "RUNNING"):
        run = looked(x, run)
        seen.append((run["status"], len(items(x, run).json())))
    assert seen == [
        ("READY", 0),
        ("RUNNING", 32),
        ("RUNNING", 65),
        ("RUNNING", 97),
        ("SUCCEEDED", 130),
    ]
    assert run["exitCode"] == 0
    assert run["finishedAt"].endswith("Z")
    assert run["usageTotalUsd"] == pytest.approx(130 * 0.00015)
    assert looked(x, run) == run


def test_reading_by_offset_follows_a_running_run_without_loss(x: httpx.Client) -> None:
    run = started(x)
    found: list[dict[str, Any]] = []
    for _ in range(5):
        found += items(x, run, offset=len(found), limit=40).json()
        run = looked(x, run)
    while more := items(x, run, offset=len(found), limit=40).json():
        found += more
    assert [item["id_str"] for item in found] == follower_ids(x)


def test_waiting_for_the_finish_ends_a_run_in_one_call(x: httpx.Client) -> None:
    answer = x.post(f"{FOLLOWER_RUNS}/runs", params={"waitForFinish": 60}, json=ASK)
    assert answer.json()["data"]["status"] == "SUCCEEDED"


def test_a_run_shows_the_followers_of_its_beginning(x: httpx.Client) -> None:
    before = follower_ids(x)
    run = started(x)
    order(x, "grow", handle="orbitdesk", count=10)
    looked(x, run, wait=60)
    assert [item["id_str"] for item in items(x, run).json()] == before


def test_follower_items_have_the_shape_of_the_samples(x: httpx.Client) -> None:
    run = looked(x, started(x), wait=60)
    item = next(one for one in items(x, run).json() if one["id_str"] == "70009")
    assert item["id"] == 70009
    assert item["type"] == "follower"
    assert item["target_username"] == "orbitdesk"
    assert item["screen_name"] == "Walker_9"
    assert item["created_at"] == "Sun Jun 02 20:12:29 +0000 2019"
    assert (item["followers_count"], item["friends_count"], item["statuses_count"]) == (9, 3, 40)
    assert item["verified"] is False
    assert "is_blue_verified" not in item


def test_pages_of_a_dataset(x: httpx.Client) -> None:
    run = looked(x, started(x), wait=60)
    every = [item["id_str"] for item in items(x, run).json()]
    page = items(x, run, offset=120, limit=50, fields="id_str,name", omit="name")
    assert page.json() == [{"id_str": id} for id in every[120:]]
    headers = {name: page.headers[f"X-Apify-Pagination-{name}"] for name in ("Offset", "Total")}
    assert headers == {"Offset": "120", "Total": "130"}
    assert page.headers["X-Apify-Pagination-Count"] == "10"
    backwards = items(x, run, desc="true", offset=2, limit=3).json()
    assert [item["id_str"] for item in backwards] == every[-3:-6:-1]
    assert items(x, run, desc="1", offset=500).json() == []


def test_the_actor_reads_whole_pages_of_200() -> None:
    with serve(world_of(450, present=1.0)) as server, client(server.url) as x:
        answer = x.post(
            f"{FOLLOWER_RUNS}/run-sync-get-dataset-items", json={**ASK, "maxFollowers": 201}
        )
        assert (answer.status_code, len(answer.json())) == (201, 400)


def test_several_accounts_come_one_after_the_other(x: httpx.Client) -> None:
    names = ["smallharbor", "nobody_here", "lockedgarden", "gonecomet", "tidewater"]
    run = looked(x, started(x, user_names=names), wait=60)
    targets = [item["target_username"] for item in items(x, run).json()]
    assert targets == ["smallharbor"] * 12 + ["tidewater"] * 130
    assert len(items(x, run, offset=10, limit=4).json()) == 4


def test_following_lists_the_tracked_accounts_of_a_person(x: httpx.Client) -> None:
    run = started(x, user_names=["walker_5"], getFollowers=False, getFollowing=True)
    looked(x, run, wait=60)
    found = [(item["type"], item["screen_name"]) for item in items(x, run).json()]
    assert sorted(found) == [
        ("following", handle)
        for handle in ("fernhill_labs", "lockedgarden", "orbitdesk", "smallharbor", "tidewater")
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"maxFollowers": 199}, "maxFollowers"),
        ({"maxFollowers": None}, "maxFollowers"),
        ({"maxFollowings": True}, "maxFollowings"),
        ({"getFollowers": None}, "getFollowers"),
        ({"getFollowing": "no"}, "getFollowing"),
        ({"user_names": "orbitdesk"}, "user_names"),
    ],
)
def test_input_is_checked(x: httpx.Client, changes: dict[str, Any], named: str) -> None:
    answer = x.post(f"{FOLLOWER_RUNS}/runs", json={**ASK, **changes})
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid-input")
    assert f"input.{named}" in error["message"]


def test_a_run_without_a_question_fails(x: httpx.Client) -> None:
    run = started(x, getFollowers=False)
    assert (run["status"], run["exitCode"]) == ("FAILED", 1)
    sync = x.post(
        f"{FOLLOWER_RUNS}/run-sync-get-dataset-items", json={**ASK, "getFollowers": False}
    )
    assert (sync.status_code, sync.json()["error"]["type"]) == (400, "run-failed")


def test_ids_override_the_names_and_find_nobody(x: httpx.Client) -> None:
    run = looked(x, started(x, user_ids=["2381904417"]), wait=60)
    assert (run["status"], items(x, run).json()) == ("SUCCEEDED", [])


@pytest.mark.parametrize("status", ["FAILED", "TIMED-OUT", "ABORTED"])
def test_a_run_that_breaks_keeps_what_it_wrote(x: httpx.Client, status: str) -> None:
    run = looked(x, looked(x, started(x)))
    assert order(x, "runs", status=status) == {"ended": 1}
    assert looked(x, run)["status"] == status
    assert len(items(x, run).json()) == 65


def test_abort(x: httpx.Client) -> None:
    run = looked(x, started(x))
    aborted = x.post(f"/v2/actor-runs/{run['id']}/abort").json()["data"]
    assert aborted["status"] == looked(x, run)["status"] == "ABORTED"
    assert len(items(x, run).json()) == 32


def test_the_user_actor_nests_and_leaves_out_who_is_gone(x: httpx.Client) -> None:
    wanted = {"user_names": ["Walker_6", "gonecomet", "nobody_here"], "user_ids": ["70003"]}
    answer = x.post(f"{USER_RUNS}/run-sync-get-dataset-items", json=wanted)
    first, second = answer.json()
    assert answer.status_code == 201
    assert (first["rest_id"], second["rest_id"]) == ("70006", "70003")
    assert first["core"] == {
        "screen_name": "Walker_6",
        "name": "Walker 6",
        "created_at": "Sun Jun 02 20:12:29 +0000 2019",
    }
    assert first["profile_bio"] == {"description": "Mends nets, boat 6"}
    assert first["relationship_counts"] == {"followers": 6, "following": 3}
    assert first["verification"] == {"is_blue_verified": True, "verified": False}
    assert first["privacy"] == {"protected": False, "suspended": False}


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("POST", "/v2/acts/someone~else/runs", 404, "actor-not-found"),
        ("GET", "/v2/actor-runs/none", 404, "record-not-found"),
        ("GET", "/v2/datasets/none/items", 404, "record-not-found"),
        ("GET", "/v2/nothing", 404, "record-not-found"),
        ("GET", f"{USER_RUNS}/runs", 405, "method-not-allowed"),
    ],
)
def test_errors(x: httpx.Client, method: str, path: str, status: int, kind: str) -> None:
    answer = x.request(method, path)
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, kind)


def test_a_token_is_needed_in_the_header_or_the_query(x: httpx.Client) -> None:
    del x.headers["authorization"]
    refused = x.post(f"{USER_RUNS}/runs", json={"user_names": []})
    assert (refused.status_code, list(refused.json()["error"])) == (401, ["type", "message"])
    allowed = x.post(f"{USER_RUNS}/runs", params={"token": "t"}, json={"user_names": []})
    assert allowed.status_code == 201
    broken = x.post(f"{USER_RUNS}/runs", params={"token": "t"}, content=b"{")
    assert (broken.status_code, broken.json()["error"]["type"]) == (400, "invalid-input")


def test_both_actor_paths_and_the_short_id_work(x: httpx.Client) -> None:
    for actor in ("/v2/actors/C2Wk3I6xAqC4Xi63f", FOLLOWER_RUNS.replace("acts", "actors")):
        assert x.post(f"{actor}/runs", json=ASK).status_code == 201
