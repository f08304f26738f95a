"""People who liked recent posts come after the followers, where the plan has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from chalicelib.accounts.table import AccountItem
from chalicelib.runs.audience import LIKES, ScanItem
from chalicelib.runs.steps.handing import Hand
from chalicelib.runs.steps.likers import Likers
from chalicelib.runs.table import RunItem
from chalicelib.upstreams import AccountRef, Usage
from chalicelib.upstreams.errors import Crowded
from chalicelib.upstreams.health import Health
from chalicelib.upstreams.pace import Pace
from chalicelib.upstreams.profiles import Profiles
from chalicelib.workspace import rows
from localdev.xworld.person import people_of
from localdev.xworld.posts import likes, posts_of
from localdev.xworld.server import Server, serve
from localdev.xworld.world import XWorld
from tests.api.stream_hand import pair
from tests.api_client import Api
from tests.pipeline.impatient import ImpatientHand, an_impatient_hand
from tests.pipeline.outbox import noted
from tests.worlds import BIOS

CROWD, CAP = 300, 200
"""Followers, and how many of them a starter account's baseline reads."""
POSTS = "/v1/twitter/users/orbitdesk/latest_tweets"
LIKERS = "/v1/twitter/tweets/tweet/"


def _row(number: int) -> dict[str, Any]:
    return {
        "id": str(800_000 + number),
        "handle": f"crowd_{number:04d}",
        "name": f"Crowd Number{number}",
        "bio": BIOS[number % len(BIOS)],
        "followers": 150 + number,
        "following": 200,
        "tweets": 900,
        "createdAt": "2015-02-03T10:00:00Z",
        "asOf": "2026-11-20T00:00:00Z",
    }


@pytest.fixture
def crowd(aws: str) -> Iterator[Server]:
    with serve(XWorld(people_of(_row(number) for number in range(CROWD)), present=1.0)) as server:
        yield server


@pytest.fixture
def hand(crowd: Server) -> Iterator[ImpatientHand]:
    with an_impatient_hand(crowd) as found:
        yield found


def _expected(crowd: Server, posts: int) -> set[str]:
    """Who is shown to have liked the account's newest posts."""
    world = crowd.world
    author = world.people.named("orbitdesk")
    found: set[str] = set()
    for post in posts_of(world.people, author)[:posts]:
        people = world.followers(author, count=CROWD, keep=likes(post)).people
        found |= {person.id for person in people}
    return found


def _calls(crowd: Server, name: str) -> int:
    stats = httpx.get(f"{crowd.url}/_control/stats").json()
    return int(stats["scrapebadger"]["endpoints"].get(name, {"calls": 0})["calls"])


def _fault(crowd: Server, **fault: Any) -> None:
    rule = {"vendor": "scrapebadger", "kind": "500", "times": -1, **fault}
    httpx.post(f"{crowd.url}/_control/faults", json=[rule]).raise_for_status()


def _mend(crowd: Server) -> None:
    httpx.delete(f"{crowd.url}/_control/faults").raise_for_status()


def _stream(api: Api, tier: str = "starter") -> int:
    return int(api.create_stream(pairs=[pair(tier=tier)], syncTimes=[])["id"])


def _run(api: Api, hand: ImpatientHand, stream_id: int) -> dict[str, Any]:
    answer = api.post(f"/streams/{stream_id}/run")
    assert answer.status_code == 202, answer.body
    run_id = answer.json_body["queued"][0]["syncRunId"]
    hand.drain()
    return dict(api.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"])


def _by_source(api: Api, stream_id: int) -> dict[str, set[str]]:
    query = "limit=500&includeUnmatched=true&lifecycle=all"
    page = api.get(f"/streams/{stream_id}/leads?{query}").json_body
    found: dict[str, set[str]] = {}
    for lead in page["leads"]:
        found.setdefault(lead["sourceType"], set()).add(lead["profile"]["xUserId"])
    return found


def _upgrade(api: Api) -> None:
    """As when the owner pays for a tier that reads likers."""
    for account in rows(api.user_id, "account", "account"):
        assert isinstance(account, AccountItem)
        account.update(actions=[AccountItem.tier.set("pro")])


def _baseline(crowd: Server) -> set[str]:
    """The newest followers, as many as a starter account reads."""
    author = crowd.world.people.named("orbitdesk")
    return {person.id for person in crowd.world.followers(author, count=CAP).people}


def test_likers_whom_nobody_met_become_leads_with_their_source(
    api: Api, hand: ImpatientHand, crowd: Server
) -> None:
    stream_id = _stream(api)
    assert _run(api, hand, stream_id)["newFollowersCount"] == CAP
    assert _calls(crowd, "latest_tweets") == 0  # not in the plan
    _upgrade(api)
    likers = _expected(crowd, 20) - _baseline(crowd)
    assert len(likers) > 3

    run = _run(api, hand, stream_id)
    assert (run["status"], run["newFollowersCount"]) == ("succeeded", len(likers))
    assert run["completeness"] == {"expected": 0, "seen": 0, "complete": True}
    lines = [line["message"] for line in run["progressLog"]]
    assert f"{len(likers)} more read among those who liked recent posts" in lines
    found = _by_source(api, stream_id)
    assert found["liker"] == likers
    assert found["existing_follower"] == _baseline(crowd)

    asked = _calls(crowd, "favoriters")
    run = _run(api, hand, stream_id)
    assert (run["status"], run["newFollowersCount"]) == ("succeeded", 0)
    assert _calls(crowd, "favoriters") == asked  # no post got more likes


def test_a_liker_who_follows_later_stops_no_reading(
    api: Api, hand: ImpatientHand, crowd: Server
) -> None:
    stream_id = _stream(api)
    _run(api, hand, stream_id)
    _upgrade(api)
    _run(api, hand, stream_id)
    crowd.world.grow("orbitdesk", 7)
    run = _run(api, hand, stream_id)
    assert run["completeness"] == {"expected": 7, "seen": 7, "complete": True}
    assert run["newFollowersCount"] == 7


@pytest.mark.parametrize(
    "fault",
    [
        {"path": POSTS},
        {"path": POSTS, "kind": "404"},
        {"path": LIKERS},
        {"path": LIKERS, "kind": "404"},
        {"path": LIKERS, "kind": "empty"},
        {"path": LIKERS, "kind": "402"},
    ],
)
def test_likers_that_cannot_be_read_fail_no_run(
    api: Api, hand: ImpatientHand, crowd: Server, fault: dict[str, str]
) -> None:
    stream_id = _stream(api)
    _run(api, hand, stream_id)
    _upgrade(api)
    _fault(crowd, **fault)
    run = _run(api, hand, stream_id)
    assert (run["status"], run["errorMessage"]) == ("succeeded", None)
    assert run["completeness"]["complete"] is True
    assert _by_source(api, stream_id).keys() == {"existing_follower"}


def test_what_failed_is_asked_for_again(api: Api, hand: ImpatientHand, crowd: Server) -> None:
    stream_id = _stream(api)
    _run(api, hand, stream_id)
    _upgrade(api)
    _fault(crowd, path=LIKERS)
    _run(api, hand, stream_id)
    _mend(crowd)
    assert _run(api, hand, stream_id)["newFollowersCount"] == len(
        _expected(crowd, 20) - _baseline(crowd)
    )


def test_a_reader_that_died_after_its_last_page_left_nothing_to_ask() -> None:
    scan = ScanItem(1, stage=LIKES, posts_left=[])
    likers = Likers(Profiles([], Health()), Hand(1, 1), Usage(), posts=20, most=CAP)
    assert likers.step(scan, AccountRef("1", "orbitdesk"))


class _EveryOther(Pace):
    """A bucket that is empty for every other call."""

    def __init__(self) -> None:
        super().__init__("scrapebadger", 60)
        self._calls = 0

    def wait(self, seconds_left: float) -> None:
        self._calls += 1
        if self._calls % 2 and seconds_left > 0:
            raise Crowded("scrapebadger", "its calls are used up for the moment", 3.0)


def test_a_worker_without_a_call_left_hands_its_page_back(api: Api, crowd: Server) -> None:
    """Each page takes two jobs then; nothing is lost, read twice or counted as a failure."""
    with an_impatient_hand(crowd) as usual:
        plain = _stream(api)
        _run(api, usual, plain)
        _upgrade(api)
        expected = (_run(api, usual, plain), _by_source(api, plain))
    reads: list[dict[str, Any]] = []
    with (
        an_impatient_hand(crowd, pace=_EveryOther()) as hand,
        Api.for_new_user("waits@example.org", subscribed=True) as other,
    ):

        def run(stream_id: int) -> dict[str, Any]:
            with noted() as sent:
                run_id = _run(other, hand, stream_id)["id"]
                while not RunItem.get(stream_id, run_id, consistent_read=True).is_over:
                    put_off = [e for e in sent if e["body"].get("waits") is not None][-1]
                    reads.append(put_off)
                    hand.hand("scrape", put_off["MessageBody"])
                    hand.drain()
            return dict(other.get(f"/streams/{stream_id}/runs/{run_id}").json_body["run"])

        stream_id = _stream(other)
        run(stream_id)
        _upgrade(other)
        found = run(stream_id)
        assert _by_source(other, stream_id) == expected[1]
    same = ("status", "newFollowersCount", "candidatesPassedCount", "completeness")
    assert {name: found[name] for name in same} == {name: expected[0][name] for name in same}
    assert len(reads) > 5
    assert all(1 <= put_off["DelaySeconds"] <= 10 for put_off in reads)
