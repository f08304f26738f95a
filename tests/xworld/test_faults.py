"""Faults on demand, at either vendor, and the counts that show them."""

from __future__ import annotations

from time import monotonic
from typing import Any

import httpx
import pytest

from localdev.xworld.server import serve
from tests.xworld.made_up import FOLLOWER_RUNS, USERS, client, order, world_of

LIST = f"{USERS}/orbitdesk/followers"
PROFILE = f"{USERS}/orbitdesk/by_username"


def fault(x: httpx.Client, kind: str, path: str = "/v1", **other: Any) -> None:
    answer = x.post(
        "/_control/faults", json=[{"vendor": "scrapebadger", "path": path, "kind": kind, **other}]
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("status", ["401", "402", "403", "404", "429", "500", "503"])
def test_statuses_at_scrapebadger(x: httpx.Client, status: str) -> None:
    fault(x, status, retry_after=7)
    answer = x.get(LIST)
    assert answer.status_code == int(status)
    assert "X-RateLimit-Remaining" in answer.headers
    assert "X-Credits-Used" not in answer.headers
    assert answer.headers.get("Retry-After") == ("7" if status == "429" else None)
    assert x.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("status", "kind"), [("429", "rate-limit-exceeded"), ("500", "internal-error")]
)
def test_statuses_at_apify(x: httpx.Client, status: str, kind: str) -> None:
    order(x, "faults", vendor="apify", kind=status)
    answer = x.post(f"{FOLLOWER_RUNS}/runs", json={})
    assert (answer.status_code, answer.json()["error"]["type"]) == (int(status), kind)
    assert x.get(LIST).status_code == 200


def order_of_statuses(x: httpx.Client, calls: int) -> list[int]:
    return [x.get(LIST).status_code for _ in range(calls)]


def test_after_and_times(x: httpx.Client) -> None:
    fault(x, "500", after=1, times=2)
    assert order_of_statuses(x, 5) == [200, 500, 500, 200, 200]
    (rule,) = x.get("/_control/faults").json()
    assert (rule["seen"], rule["done"]) == (5, 2)


def test_forever_until_cleared(x: httpx.Client) -> None:
    fault(x, "503", times=-1)
    assert order_of_statuses(x, 4) == [503] * 4
    assert x.delete("/_control/faults").json() == []
    assert order_of_statuses(x, 1) == [200]


@pytest.mark.parametrize(
    ("path", "list_fails", "profile_fails"),
    [
        (LIST, True, False),
        (r"/v1/twitter/users/[^/]+/by_username$", False, True),
        ("", True, True),
        ("/v1/twitter/tweets", False, False),
    ],
)
def test_the_path_is_a_prefix_or_an_expression(
    x: httpx.Client, path: str, list_fails: bool, profile_fails: bool
) -> None:
    fault(x, "500", path=path, times=-1)
    assert (x.get(LIST).status_code == 500) is list_fails
    assert (x.get(PROFILE).status_code == 500) is profile_fails


def test_a_cut_answer_breaks_in_its_body(x: httpx.Client) -> None:
    fault(x, "cut")
    with pytest.raises(httpx.RemoteProtocolError):
        x.get(LIST)
    assert len(x.get(LIST).json()["data"]) == 50
    assert x.get("/_control/stats").json()["scrapebadger"]["credits"] == 102


def test_a_timeout_says_nothing(x: httpx.Client) -> None:
    fault(x, "timeout")
    with pytest.raises(httpx.ReadTimeout):
        x.get(LIST, timeout=0.05)
    fault(x, "timeout", seconds=0)
    with pytest.raises(httpx.RemoteProtocolError):
        x.get(LIST)


def test_stopping_the_server_ends_a_timeout() -> None:
    server = serve(world_of(3))
    with client(server.url) as x:
        fault(x, "timeout", seconds=600)
        with pytest.raises(httpx.ReadTimeout):
            x.get(LIST, timeout=0.05)
        begun = monotonic()
        server.stop()
        assert monotonic() - begun < 60


def test_slow(x: httpx.Client) -> None:
    fault(x, "slow", seconds=0.1)
    begun = monotonic()
    assert x.get(LIST).status_code == 200
    assert monotonic() - begun >= 0.1


@pytest.mark.parametrize("keep", [True, False])
def test_an_empty_page_with_and_without_its_cursor(x: httpx.Client, keep: bool) -> None:
    fault(x, "empty", cursor=keep)
    empty, full = x.get(LIST).json(), x.get(LIST).json()
    assert empty == {"data": [], "next_cursor": full["next_cursor"] if keep else None}
    fault(x, "empty", path=PROFILE)
    assert x.get(PROFILE).json()["username"] == "orbitdesk"


def test_an_error_at_200(x: httpx.Client) -> None:
    fault(x, "error200")
    answer = x.get(LIST)
    assert (answer.status_code, list(answer.json())) == (200, ["error"])


@pytest.mark.parametrize(
    "rule",
    [
        {"vendor": "x", "kind": "500"},
        {"vendor": "apify", "kind": "explode"},
        {"vendor": "apify", "kind": "500", "path": "("},
        {"vendor": "apify", "kind": "500", "pat": "/v2"},
        {"kind": "500"},
        "500",
    ],
)
def test_wrong_rules_are_refused_whole(x: httpx.Client, rule: object) -> None:
    answer = x.post("/_control/faults", json=[{"vendor": "apify", "kind": "500"}, rule])
    assert answer.status_code == 400
    assert x.get("/_control/faults").json() == []


def test_stats_count_calls_rows_credits_and_statuses(x: httpx.Client) -> None:
    x.get(LIST)
    x.get(PROFILE)
    fault(x, "500")
    x.get(PROFILE)
    stats = x.get("/_control/stats").json()
    assert stats["apify"]["calls"] == 0
    badger = stats["scrapebadger"]
    assert {key: badger[key] for key in ("calls", "rows", "credits")} == {
        "calls": 3,
        "rows": 51,
        "credits": 53,
    }
    assert badger["endpoints"]["by_username"] == {
        "calls": 2,
        "rows": 1,
        "credits": 2,
        "statuses": {"200": 1, "500": 1},
    }
