"""Every paywall code over HTTP, each in a test of its name: status, code, copy, nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from chalice.test import HTTPResponse

from chalicelib.auth import users
from chalicelib.auth.users import SELF, UserItem
from chalicelib.billing.ledger import LedgerItem
from chalicelib.workspace import rows
from localdev.xworld.server import Server
from tests.api.retests import accounts_of, made_stream, pair_of, spend
from tests.api.stream_hand import SEGMENT, pair, set_user
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for

LAPSED = ["canceled", "unpaid", "incomplete", "incomplete_expired", "paused"]


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    """A Stripe that the API is configured to use."""
    with configured(monkeypatch) as world:
        yield world


def _owned(api: Api) -> list[dict[str, Any]]:
    """Everything of the user, the note of the last use left out."""
    return [row.serialize() for row in rows(api.user_id, "account", "webhook")]


def _refused(answer: HTTPResponse, status: int, code: str, *, error: str | None = None) -> None:
    body = answer.json_body
    assert (answer.status_code, body["code"], body["error"]) == (status, code, error or code)
    assert body["message"]
    assert body["requestId"] == answer.headers["X-Request-Id"]


def _refuses(api: Api, path: str, body: Any, status: int, code: str) -> None:
    """Ask, be refused, and find everything as it was."""
    before = _owned(api)
    _refused(api.post(path, body), status, code)
    assert _owned(api) == before


def test_free_retest_limit(free_api: Api, queues: QueueHand) -> None:
    stream_id = made_stream(free_api, queues, pair_of(tier="starter"), run=False)
    _refuses(free_api, f"/streams/{stream_id}/re-test", None, 403, "free_retest_limit")


@pytest.mark.parametrize(("tier", "units"), [("starter", 12), ("growth", 30)])
def test_retest_limit(api: Api, queues: QueueHand, tier: str, units: int) -> None:
    stream_id = made_stream(api, queues, pair_of(tier=tier), run=False)
    spend(api, accounts_of(api)["orbitdesk"], units)
    _refuses(api, f"/streams/{stream_id}/re-test", None, 403, "retest_limit")


def test_retest_limit_pro(api: Api, queues: QueueHand) -> None:
    pairs = [pair_of("orbitdesk", "pro"), pair_of("tidewater", "starter")]
    stream_id = made_stream(api, queues, *pairs, run=False)
    spend(api, accounts_of(api)["orbitdesk"], 100)
    spend(api, accounts_of(api)["tidewater"], 12)
    _refuses(api, f"/streams/{stream_id}/re-test", None, 403, "retest_limit_pro")


@pytest.mark.parametrize(("tier", "syncs"), [("starter", 1), ("growth", 2), ("pro", 4)])
def test_daily_sync_limit(api: Api, queues: QueueHand, tier: str, syncs: int) -> None:
    stream_id = made_stream(api, queues, pair_of("smallharbor", tier), run=False)
    for _ in range(syncs):
        assert api.post(f"/streams/{stream_id}/run").status_code == 202
        queues.drain()
    _refuses(api, f"/streams/{stream_id}/run", None, 403, "daily_sync_limit")


def test_free_account_limit(free_api: Api) -> None:
    stream_id = free_api.create_stream(pairs=[pair()])["id"]
    body = {"pairs": [pair("tidewater")], "syncTimes": []}
    _refuses(free_api, "/streams", body, 403, "free_account_limit")
    answer = free_api.patch(f"/streams/{stream_id}", {"pairs": [pair(), pair("tidewater")]})
    _refused(answer, 403, "free_account_limit")


def test_free_account_limit_by_waking(api: Api) -> None:
    first, _ = (
        api.create_stream(pairs=[pair(handle)])["accounts"][0]["accountId"]
        for handle in ("orbitdesk", "tidewater")
    )
    api.post(f"/accounts/{first}/sleep")
    set_user(api, status="free_user")
    _refuses(api, f"/accounts/{first}/wake", None, 403, "free_account_limit")


@pytest.mark.usefixtures("aws", "x_world")
def test_free_account_ip_duplicate() -> None:
    def free(name: str) -> Api:
        user = users.create(f"{name}@example.org", name, signup_ip="203.0.113.9")
        return Api(users.create_key(user.user_id, "test")[1], user.user_id)

    with free("one") as one, free("two") as two:
        assert one.post("/streams", {"pairs": [pair()]}).status_code == 201
        _refuses(two, "/streams", {"pairs": [pair()]}, 409, "free_account_ip_duplicate")


@pytest.mark.parametrize("status", LAPSED)
def test_subscription_required(api: Api, queues: QueueHand, status: str) -> None:
    stream_id = made_stream(api, queues, pair_of(), run=False)
    account_id = accounts_of(api)["orbitdesk"]
    sleeper = api.create_stream(pairs=[pair("tidewater")])["accounts"][0]["accountId"]
    api.post(f"/accounts/{sleeper}/sleep")
    set_user(api, status=status)
    for path, body in (
        ("/streams", {"pairs": [pair("smallharbor")]}),
        (f"/streams/{stream_id}/run", None),
        (f"/streams/{stream_id}/re-test", None),
        (f"/accounts/{sleeper}/wake", None),
        (f"/accounts/{account_id}/change-tier", {"newTier": "starter"}),
        ("/billing/portal", None),
    ):
        _refuses(api, path, body, 403, "subscription_required")
    pairs = [pair_of(), pair_of("smallharbor", "starter")]
    answer = api.patch(f"/streams/{stream_id}", {"pairs": pairs})
    _refused(answer, 403, "subscription_required")


def test_stream_cap_exceeded(api: Api) -> None:
    account_id = api.create_stream(pairs=[pair()])["accounts"][0]["accountId"]
    of_account = [{"accountId": account_id, "segment": SEGMENT}]
    for _ in range(2):
        api.create_stream(pairs=of_account)
    _refuses(api, "/streams", {"pairs": of_account}, 400, "stream_cap_exceeded")
    assert api.create_stream(pairs=of_account, syncTimes=[])["id"]  # a manual one is none


def test_stream_multi_segment(api: Api) -> None:
    other = {"description": "nurses"}
    body = {"pairs": [pair(), pair("tidewater", segment=other)]}
    _refuses(api, "/streams", body, 400, "stream_multi_segment")


def test_credits_exhausted(api: Api, x_world: Server) -> None:
    x_world.world.people.edit("person_001", {"bio": "hi@person.example"})
    set_user(api, credits=0)
    before = _owned(api)
    answer = api.post("/lookups/enrich-email", {"x_handle": "person_001"})
    _refused(answer, 429, "credits_exhausted")
    assert "Retry-After" not in answer.headers
    assert _owned(api) == before


def test_credits_exhausted_by_ten_at_once(api: Api, x_world: Server) -> None:
    """One credit, ten people, one after another in line at the same row: one is served."""
    for number in range(10):
        bio = f"hi@person{number}.example"
        x_world.world.people.edit(f"person_{number:03d}", {"bio": bio})
    set_user(api, credits=1)

    def ask(number: int) -> int:
        with Api(api.key, api.user_id) as own:
            answer = own.post("/lookups/enrich-email", {"x_handle": f"person_{number:03d}"})
            return int(answer.status_code)

    with ThreadPoolExecutor(10) as pool:
        outcomes = sorted(pool.map(ask, range(10)))
    assert outcomes == [200] + [429] * 9
    user = UserItem.get(api.user_id, SELF, consistent_read=True)
    assert (user.credits, user.holds.as_dict()) == (0, {})
    assert [row.amount for row in LedgerItem.query(api.user_id)] == [-1]


def test_no_team(api: Api) -> None:
    set_user(api, has_team=False)
    _refuses(api, "/lookups/enrich-email", {"x_handle": "person_001"}, 400, "no_team")


def test_handle_not_found(api: Api) -> None:
    _refuses(api, "/streams", {"pairs": [pair("nobody_at_all")]}, 404, "handle_not_found")


def test_handle_protected(api: Api) -> None:
    _refuses(api, "/streams", {"pairs": [pair("lockedgarden")]}, 422, "handle_protected")


def test_handle_lookup_failed(api: Api, x_world: Server) -> None:
    faults = [
        {"vendor": vendor, "path": "", "kind": "503", "times": -1}
        for vendor in ("scrapebadger", "apify")
    ]
    httpx.post(f"{x_world.url}/_control/faults", json=faults).raise_for_status()
    _refuses(api, "/streams", {"pairs": [pair()]}, 503, "handle_lookup_failed")


def test_orphan_label(api: Api) -> None:
    body = {"description": "x", "appliedSearchFilters": {"job_role": ["Grand Poobah"]}}
    _refuses(api, "/segments", body, 400, "orphan_label")


def test_account_sleeping(api: Api) -> None:
    account_id = api.create_stream(pairs=[pair()])["accounts"][0]["accountId"]
    api.post(f"/accounts/{account_id}/sleep")
    answer = api.post(f"/accounts/{account_id}/change-tier", {"newTier": "pro"})
    copy = "Wake the account before changing its tier"
    _refused(answer, 400, "account_sleeping", error=copy)


def test_subscription_exists(api: Api, stripe: StripeWorld) -> None:
    pays_for(stripe, api, starter=1)
    _refuses(api, "/billing/checkout", {"tier": "pro"}, 409, "subscription_exists")
    assert stripe.changes() == []


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (402, {"type": "card_error", "message": "Your card was declined."}, None),
        (400, {"type": "invalid_request_error", "message": "No such price: 'x'"}, None),
        (500, {"type": "api_error"}, "stripe_error"),
    ],
)
def test_stripe_error(
    api: Api, stripe: StripeWorld, status: int, error: dict[str, str], told: str | None
) -> None:
    pays_for(stripe, api, growth=1)
    account_id = api.create_stream(pairs=[pair("orbitdesk", "growth")])["accounts"][0]["accountId"]
    held = stripe.holds()
    stripe.refuse(status, error, "POST")
    shown = told or error["message"]
    change = {"newTier": "pro"}
    _refused(
        api.post(f"/accounts/{account_id}/change-tier", change), 502, "stripe_error", error=shown
    )
    _refused(api.post("/billing/portal"), 502, "stripe_error", error=shown)
    stripe.recover()
    api.post(f"/accounts/{account_id}/sleep")
    stripe.refuse(status, error, "POST")
    _refused(api.post(f"/accounts/{account_id}/wake"), 502, "stripe_error", error=shown)
    set_user(api, status="canceled")
    _refused(api.post("/billing/checkout", {"tier": "pro"}), 502, "stripe_error", error=shown)
    assert held == {"growth": 1}
    assert stripe.holds() == {}
