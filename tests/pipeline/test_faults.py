"""What goes wrong while followers are read costs no lead, doubles none, and is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chalicelib.accounts.table import AccountItem
from chalicelib.runs.steps.read import PATIENCE
from chalicelib.workspace import rows
from localdev.xworld.person import people_of
from localdev.xworld.server import Server, serve
from localdev.xworld.world import XWorld
from tests.api_client import Api
from tests.pipeline.impatient import ImpatientHand, an_impatient_hand
from tests.pipeline.outbox import noted
from tests.worlds import BIOS, FOLLOWERS, MATCHING

LIST = "/v1/twitter/users/orbitdesk/followers"
APIFY = {"vendor": "apify", "kind": "503", "times": -1}
BADGER = {"vendor": "scrapebadger", "kind": "503", "times": -1}


@pytest.fixture
def hand(aws: str, x_world: Server) -> Iterator[ImpatientHand]:
    with an_impatient_hand(x_world) as found:
        yield found


def _control(x_world: Server, order: str, **given: Any) -> Any:
    answer = httpx.post(f"{x_world.url}/_control/{order}", json=given)
    return answer.raise_for_status().json()


def _fault(x_world: Server, *faults: dict[str, Any]) -> None:
    httpx.post(f"{x_world.url}/_control/faults", json=list(faults)).raise_for_status()


def _mend(x_world: Server) -> None:
    httpx.delete(f"{x_world.url}/_control/faults").raise_for_status()


def _lists_read(x_world: Server) -> int:
    stats = httpx.get(f"{x_world.url}/_control/stats").json()
    endpoints = {**stats["scrapebadger"]["endpoints"], **stats["apify"]["endpoints"]}
    return sum(count["calls"] for name, count in endpoints.items() if "follower" in name)


def _run(api: Api, hand: ImpatientHand, stream_id: int) -> dict[str, Any]:
    answer = api.post(f"/streams/{stream_id}/run")
    assert answer.status_code == 202, answer.body
    run_id = answer.json_body["queued"][0]["syncRunId"]
    hand.drain()
    return dict(api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"])


def _handles(api: Api, stream_id: int, *, everybody: bool = True) -> list[str]:
    query = f"limit=500&includeUnmatched={str(everybody).lower()}"
    page = api.get(f"/streams/{stream_id}/leads?{query}").json_body
    assert page["total"] == len(page["leads"])
    return sorted(lead["profile"]["handle"] for lead in page["leads"])


def _slots(api: Api) -> int:
    account = next(iter(rows(api.user_id, "account", "account")))
    assert isinstance(account, AccountItem)
    return len(account.slot_triggers)


def _everybody(people: int = FOLLOWERS) -> list[str]:
    return sorted(f"person_{number:03d}" for number in range(people))


def test_a_bio_that_was_cut_within_an_emoji(api: Api, hand: ImpatientHand, x_world: Server) -> None:
    order = json.dumps({"handle": "person_001", "bio": "Founder of Harbor \ud83d"})
    httpx.post(f"{x_world.url}/_control/profile", content=order).raise_for_status()
    stream_id = api.create_stream()["id"]
    assert _run(api, hand, stream_id)["status"] == "succeeded"
    leads = api.get(f"/streams/{stream_id}/leads?limit=500").json_body["leads"]
    bios = {lead["profile"]["handle"]: lead["profile"]["bio"] for lead in leads}
    assert bios["person_001"] == "Founder of Harbor \ufffd"


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("429", 1),
        ("500", 0),
        ("500", 1),
        ("500", 2),
        ("402", 1),
        ("404", 1),
        ("timeout", 1),
        ("cut", 1),
        ("error200", 2),
    ],
)
def test_the_fallback_takes_over_at_any_page(
    api: Api, hand: ImpatientHand, x_world: Server, kind: str, after: int
) -> None:
    stream_id = api.create_stream()["id"]
    fault = {"vendor": "scrapebadger", "kind": kind, "path": LIST, "after": after, "times": -1}
    _fault(x_world, {**fault, "retry_after": 0.0, "seconds": 1.0})
    run = _run(api, hand, stream_id)
    assert (run["status"], run["provider"]) == ("succeeded", "kaitoeasyapi")
    assert run["completeness"] == {"expected": FOLLOWERS, "seen": FOLLOWERS, "complete": True}
    assert run["newFollowersCount"] == FOLLOWERS
    assert run["candidatesPassedCount"] == MATCHING
    assert _handles(api, stream_id) == _everybody()
    assert len(_handles(api, stream_id, everybody=False)) == MATCHING


@pytest.mark.parametrize("kind", ["429", "500", "timeout", "cut", "empty"])
def test_one_bad_answer_is_asked_for_again(
    api: Api, hand: ImpatientHand, x_world: Server, kind: str
) -> None:
    stream_id = api.create_stream()["id"]
    fault = {"vendor": "scrapebadger", "kind": kind, "path": LIST, "after": 1, "times": 1}
    _fault(x_world, {**fault, "retry_after": 0.0, "seconds": 1.0})
    run = _run(api, hand, stream_id)
    assert (run["status"], run["provider"]) == ("succeeded", "scrapebadger")
    assert run["completeness"]["complete"] is True
    assert _handles(api, stream_id) == _everybody()


def test_an_empty_page_that_leads_on_is_no_end(
    api: Api, hand: ImpatientHand, x_world: Server
) -> None:
    stream_id = api.create_stream()["id"]
    _fault(x_world, BADGER | {"path": LIST})
    items = "/v2/datasets"
    _fault(x_world, {"vendor": "apify", "kind": "empty", "path": items, "times": 2, "cursor": True})
    assert _run(api, hand, stream_id)["completeness"]["complete"] is True
    assert _handles(api, stream_id) == _everybody()


def test_a_list_that_breaks_off_is_not_called_complete_and_the_next_run_reads_the_rest(
    api: Api, hand: ImpatientHand, x_world: Server
) -> None:
    stream_id = api.create_stream()["id"]
    _fault(
        x_world, {"vendor": "scrapebadger", "kind": "empty", "path": LIST, "after": 1, "times": -1}
    )
    run = _run(api, hand, stream_id)
    assert run["status"] == "succeeded"
    assert run["completeness"] == {"expected": FOLLOWERS, "seen": 50, "complete": False}
    assert len(_handles(api, stream_id)) == 50
    _mend(x_world)
    run = _run(api, hand, stream_id)
    assert run["newFollowersCount"] == FOLLOWERS - 50
    assert run["completeness"]["complete"] is True
    assert _handles(api, stream_id) == _everybody()


def test_nobody_answers_any_more(api: Api, hand: ImpatientHand, x_world: Server) -> None:
    stream_id = api.create_stream()["id"]
    _fault(x_world, BADGER | {"path": LIST, "after": 2}, APIFY)
    with noted() as sent:
        run = _run(api, hand, stream_id)
    for _ in range(PATIENCE):
        assert run["status"] == "running"
        run = _handed_back(api, hand, stream_id, sent)
    assert (run["status"], run["errorMessage"]) == ("failed", "No X data provider answered")
    assert run["progressLog"][-1]["step"] == "failed"
    assert run["completedAt"] is not None
    assert run["completeness"] == {"expected": FOLLOWERS, "seen": 100, "complete": False}
    assert len(_handles(api, stream_id)) == 100
    assert _slots(api) == 1  # pages were read
    _mend(x_world)
    run = _run(api, hand, stream_id)
    assert (run["status"], run["newFollowersCount"]) == ("succeeded", FOLLOWERS - 100)
    assert _handles(api, stream_id) == _everybody()
    assert len(_handles(api, stream_id, everybody=False)) == MATCHING


def test_a_fault_that_passes_fails_no_run(api: Api, hand: ImpatientHand, x_world: Server) -> None:
    stream_id = api.create_stream()["id"]
    _fault(x_world, BADGER | {"path": LIST, "after": 2}, APIFY)
    with noted() as sent:
        _run(api, hand, stream_id)
    _mend(x_world)
    run = _handed_back(api, hand, stream_id, sent)
    assert (run["status"], run["newFollowersCount"]) == ("succeeded", FOLLOWERS)
    assert _handles(api, stream_id) == _everybody()


def _handed_back(
    api: Api, hand: ImpatientHand, stream_id: int, sent: list[dict[str, Any]]
) -> dict[str, Any]:
    """The run, once the read that was put off last has come again."""
    put_off = [each for each in sent if each["body"].get("unanswered") is not None][-1]
    assert 10 <= put_off["DelaySeconds"] <= 60
    with noted() as again:
        hand.hand("scrape", put_off["MessageBody"])
        hand.drain()
    sent += again
    return dict(api.get(f"/streams/{stream_id}/runs").json_body["runs"][0])


def test_a_run_that_read_nothing_costs_nothing(
    api: Api, hand: ImpatientHand, x_world: Server
) -> None:
    starter = {"accountHandle": "orbitdesk", "segment": {"description": "founders"}}
    stream_id = api.create_stream(pairs=[starter])["id"]
    _fault(x_world, BADGER, APIFY)
    for _ in range(2):  # the one slot of the day comes back each time
        run = _run(api, hand, stream_id)
        assert (run["status"], run["newFollowersCount"]) == ("failed", 0)
        assert _slots(api) == 0
    assert api.get(f"/streams/{stream_id}").json_body["stream"]["lastRun"]["status"] == "failed"
    _mend(x_world)
    assert _run(api, hand, stream_id)["status"] == "succeeded"
    assert _slots(api) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protected": True}, "@orbitdesk is private now; its followers cannot be read"),
        ({"suspended": True}, "@orbitdesk is suspended or gone from X"),
    ],
)
def test_an_account_that_closes_and_opens_again(
    api: Api, hand: ImpatientHand, x_world: Server, change: dict[str, bool], message: str
) -> None:
    stream_id = api.create_stream()["id"]
    _run(api, hand, stream_id)
    _control(x_world, "profile", handle="orbitdesk", **change)
    x_world.world.grow("orbitdesk", 3)
    run = _run(api, hand, stream_id)
    assert (run["status"], run["errorMessage"]) == ("failed", message)
    assert _slots(api) == 1  # that of the first run
    assert _handles(api, stream_id) == _everybody()
    _control(x_world, "profile", handle="orbitdesk", **dict.fromkeys(change, False))
    run = _run(api, hand, stream_id)
    assert (run["status"], run["newFollowersCount"]) == ("succeeded", 3)


def test_a_new_handle_is_followed_everywhere(
    api: Api, hand: ImpatientHand, x_world: Server
) -> None:
    stream_id = api.create_stream()["id"]
    _run(api, hand, stream_id)
    _control(x_world, "rename", handle="orbitdesk", to="OrbitHQ")
    x_world.world.grow("OrbitHQ", 4)
    run = _run(api, hand, stream_id)
    assert (run["status"], run["newFollowersCount"]) == ("succeeded", 4)
    assert api.get("/accounts").json_body["active"][0]["xHandle"] == "OrbitHQ"
    pair = api.get(f"/streams/{stream_id}").json_body["stream"]["pairs"][0]
    assert pair["accountHandle"] == "OrbitHQ"
    assert _run(api, hand, stream_id)["xHandle"] == "OrbitHQ"


def test_a_count_that_stands_still_costs_no_list(
    api: Api, hand: ImpatientHand, x_world: Server
) -> None:
    stream_id = api.create_stream()["id"]
    _run(api, hand, stream_id)
    before = _lists_read(x_world)
    assert before > 0
    run = _run(api, hand, stream_id)
    assert (run["status"], run["newFollowersCount"]) == ("succeeded", 0)
    assert run["completeness"] == {"expected": 0, "seen": 0, "complete": True}
    assert _lists_read(x_world) == before
    x_world.world.grow("orbitdesk", 1)
    assert _run(api, hand, stream_id)["newFollowersCount"] == 1
    assert _lists_read(x_world) > before


MANY = 640
"""Followers of a wider world; a growth account may read 1,000."""


def test_who_takes_over_late_lists_from_the_start(aws: str, x_world: Server) -> None:
    people = people_of(_row(number) for number in range(MANY))
    with serve(XWorld(people, present=1.0)) as wide:
        _fault(wide, BADGER | {"path": LIST, "after": 12})  # 600 people
        with (
            Api.for_new_user("wide@example.org", subscribed=True) as api,
            an_impatient_hand(wide) as hand,
        ):
            growth = {
                "accountHandle": "orbitdesk",
                "accountTier": "growth",
                "segment": {"description": "nurses"},
            }
            run = _run(api, hand, api.create_stream(pairs=[growth])["id"])
    assert run["completeness"] == {"expected": MANY, "seen": MANY, "complete": True}
    assert run["provider"] == "kaitoeasyapi"


def _row(number: int) -> dict[str, Any]:
    return {
        "id": str(700_000 + number),
        "handle": f"wide_{number:04d}",
        "name": f"Wide Number{number}",
        "bio": BIOS[number % len(BIOS)],
        "followers": 150 + number,
        "following": 200,
        "tweets": 900,
        "createdAt": "2015-02-03T10:00:00Z",
        "asOf": "2026-11-20T00:00:00Z",
    }
