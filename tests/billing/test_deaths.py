"""A process that dies at any call of a paid change, to AWS or to Stripe, leaves nothing undone.

Afterwards the user asks again, or does not; the promised message comes; both ends are consistent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from chalice.test import HTTPResponse

from chalicelib import clock, wiring
from chalicelib.auth.users import SELF, UserItem
from chalicelib.settlement.reconciling import reconcile
from tests.api.stream_hand import pair
from tests.api_client import Api
from tests.billing.dying import Death, Died, no_delays, watching
from tests.queue_hand import QueueHand
from tests.stripe_world import StripeWorld, configured, pays_for, untold

Do = Callable[[Api, int], HTTPResponse]


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeWorld]:
    monkeypatch.setenv("REQUESTS_PER_MINUTE", "100000")
    with configured(monkeypatch) as world, no_delays():
        yield world


def _create(api: Api, _: int) -> HTTPResponse:
    return api.post("/streams", {"pairs": [pair("tidewater", "pro")]})


def _wake(api: Api, account_id: int) -> HTTPResponse:
    return api.post(f"/accounts/{account_id}/wake")


def _sleep(api: Api, account_id: int) -> HTTPResponse:
    return api.post(f"/accounts/{account_id}/sleep")


def _upgrade(api: Api, account_id: int) -> HTTPResponse:
    return api.post(f"/accounts/{account_id}/change-tier", {"newTier": "pro"})


def _downgrade(api: Api, account_id: int) -> HTTPResponse:
    return api.post(f"/accounts/{account_id}/change-tier", {"newTier": "starter"})


BEFORE: dict[str, Any] = {"now": {"growth": 1}, "later": None}
CASES: dict[str, tuple[Do, dict[str, Any], dict[str, Any]]] = {
    "create": (_create, BEFORE, {"now": {"growth": 1, "pro": 1}, "later": None}),
    "wake": (_wake, {"now": {}, "later": None}, BEFORE),
    "sleep": (_sleep, BEFORE, {"now": {}, "later": None}),
    "upgrade": (_upgrade, BEFORE, {"now": {"pro": 1}, "later": None}),
    "downgrade": (_downgrade, BEFORE, {"now": {"growth": 1}, "later": {"starter": 1}}),
}


def _user(world: StripeWorld, case: str) -> tuple[Api, int]:
    """A new user of the same subscription id, with one account as the case begins."""
    number = len(world.books.all("customer"))
    world.books.tables["customer"][f"cus_x{number}"] = world.customer()
    api = Api.for_new_user(f"user{number}@example.org", subscribed=True)
    pays_for(world, api, growth=1)
    created = api.create_stream(pairs=[pair("orbitdesk", "growth")], syncTimes=[])
    account_id = int(created["accounts"][0]["accountId"])
    if case == "wake":
        assert _sleep(api, account_id).status_code == 200
    return api, account_id


def _at_stripe(world: StripeWorld) -> dict[str, Any]:
    return {"now": world.holds(), "later": world.will_hold()}


def _awake(api: Api) -> dict[str, Any]:
    found = api.get("/accounts").json_body
    slots = {
        tier: n
        for tier, n in UserItem.get(api.user_id, SELF, consistent_read=True).slots.items()
        if n
    }
    shown = {(each["xHandle"], each["tier"], each["pendingTier"]) for each in found["active"]}
    return {"slots": slots, "awake": shown}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("aws", "x_world")
def test_a_death_at_any_call(stripe: StripeWorld, case: str, when: str) -> None:
    do, before, after = CASES[case]
    queues = QueueHand()
    for at in count(1):
        api, account_id = _user(stripe, case)
        assert _at_stripe(stripe) == before
        death = Death(when, at)
        with watching(death), suppress(Died):
            assert do(api, account_id).status_code in (200, 201)
        if len(death.calls) < at:
            break  # what a process remembers spares some calls: the last one is met when it is not
        queues.drain()
        found = _at_stripe(stripe)
        assert found in (before, after), death.calls
        assert untold(api) == []
        assert _awake(api)["slots"] == found["now"]
        assert reconcile(api.user_id, wiring.subscriptions()).total == 0
        assert do(api, account_id).status_code in (200, 201)
        queues.drain()
        assert _at_stripe(stripe) == after, death.calls
        assert _awake(api)["slots"] == after["now"]
    assert any(call.startswith("POST /v1/") for call in death.calls)
    assert _at_stripe(stripe) == after


@pytest.mark.parametrize("kind", ["refuse", "fail", "fail_after", "drop", "drop_after"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("aws", "x_world")
def test_stripe_goes_down_in_the_middle(stripe: StripeWorld, case: str, kind: Any) -> None:
    """Wake and change-tier answer 502 and change nothing; create and sleep are done anyway."""
    do, before, after = CASES[case]
    queues = QueueHand()
    api, account_id = _user(stripe, case)
    was = _awake(api)
    stripe.refuse(500, {"type": "api_error", "message": "Down."}, "POST")
    stripe.service.faults.waiting[0].kind = kind
    answer = do(api, account_id)
    stripe.recover()
    is_done = case in ("create", "sleep")
    assert answer.status_code == ({"create": 201, "sleep": 200}.get(case, 502)), answer.body
    assert (_awake(api) == was) != is_done
    # Stripe replays a failure to a key that it knows; the promised message comes a minute later.
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=True):
        queues.drain()
    assert _at_stripe(stripe) == (after if is_done else before)
    assert untold(api) == []
