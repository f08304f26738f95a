"""Idempotency-Key and interrupted creates, on an app whose endpoints can die."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from chalice.app import Chalice, CORSConfig
from chalice.test import Client, HTTPResponse
from pydantic import Field

from chalicelib import db, errors
from chalicelib.auth.caller import Caller
from chalicelib.auth.users import SELF, UserItem
from chalicelib.http.router import Attempt, Router, register
from chalicelib.http.schema import Input, Output
from tests.api_client import Api

NOW = datetime(2026, 7, 5, 10, 10, tzinfo=UTC)
KEY = "order-1"


class Killed(BaseException):
    """The process dies here."""


class Order(Input):
    what: str
    note: dict[str, Any] = Field(default_factory=dict)


class Receipt(Output):
    number: int
    secret: str = ""


def _nothing() -> None:
    """What happens in a shop on a quiet day."""


class Shop:
    """What its endpoints do, and what happens to them meanwhile."""

    def __init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Start a new day."""
        self.sold: list[str] = []
        self.before: Callable[[], None] = _nothing
        self.after: Callable[[], None] = _nothing


shop = Shop()
router = Router()


@router.post("/orders", status=201, shown_once="secret")
def place_order(caller: Caller, body: Order) -> Receipt:
    """Place an order."""
    shop.before()
    shop.sold.append(body.what)
    shop.after()
    return Receipt(number=len(shop.sold), secret="only now")


@router.post("/parcels", status=201, takes_up=True)
def send_parcel(caller: Caller, body: Order, attempt: Attempt) -> Receipt:
    """Send a parcel: one transaction, then something that may go wrong."""
    earlier = attempt.earlier()
    if earlier is None:
        shop.before()
        with db.transaction() as write:
            write.update(
                UserItem(caller.user_id, SELF), actions=[UserItem.timezone.set("Europe/Lisbon")]
            )
            attempt.keep(write, len(shop.sold) + 1)
        shop.sold.append(body.what)
    shop.after()
    return Receipt(number=earlier or len(shop.sold))


app = Chalice("shop")
register(
    app,
    {__name__: ["POST /orders", "POST /parcels"]},
    cors=CORSConfig(allow_origin="https://ui.example"),
)


@pytest.fixture
def clock(aws: str) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as held:
        shop.open()
        yield held


@pytest.fixture
def user(aws: str, clock: object) -> Api:
    return Api.for_new_user("noor@orbitdesk.example", subscribed=True)


def _send(
    user: Api, body: Any = None, *, key: str | None = KEY, path: str = "/orders"
) -> HTTPResponse:
    headers = {"Authorization": f"Bearer {user.key}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    raw = body if isinstance(body, bytes) else json.dumps(body or {"what": "tea"}).encode()
    with Client(app) as client:
        return client.http.post("/api/v2" + path, headers=headers, body=raw)


def _die() -> None:
    raise Killed


def test_the_same_request_is_answered_again_and_done_once(user: Api) -> None:
    first = _send(user)
    again = _send(user)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["X-RateLimit-Remaining"] == "58"
    assert first.json_body == {"number": 1, "secret": "only now"}
    assert again.json_body == {"number": 1, "secret": None}
    assert shop.sold == ["tea"]


@pytest.mark.parametrize(
    "spelling",
    [
        b'{"what": "tea", "note": {"a": 1, "b": "\\u00e9"}}',
        b' {"note":{"b":"\xc3\xa9","a":1},"what":"tea"}\n',
    ],
)
def test_bodies_are_compared_as_json(user: Api, spelling: bytes) -> None:
    assert _send(user, {"what": "tea", "note": {"b": "\u00e9", "a": 1}}).status_code == 201
    assert _send(user, spelling).headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("body", [{"what": "coffee"}, {"what": 5}, b"{", b"\xff"])
def test_the_same_key_with_another_body(user: Api, body: Any) -> None:
    _send(user)
    answer = _send(user, body)
    assert (answer.status_code, answer.json_body["code"]) == (422, "idempotency_key_reused")
    assert shop.sold == ["tea"]


def test_a_key_belongs_to_its_user_method_and_path(user: Api) -> None:
    other = Api.for_new_user("other@example.org", subscribed=False)
    answers = [_send(user), _send(other), _send(user, path="/parcels")]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert all("Idempotent-Replayed" not in answer.headers for answer in answers)
    assert shop.sold == ["tea"] * 3


def test_while_the_first_still_runs(user: Api) -> None:
    meanwhile: list[HTTPResponse] = []
    shop.before = lambda: meanwhile.append(_send(user))
    assert _send(user).status_code == 201
    answer = meanwhile[0]
    assert (answer.status_code, answer.json_body["code"]) == (409, "idempotency_in_progress")
    assert int(answer.headers["Retry-After"]) > 0
    assert shop.sold == ["tea"]


@pytest.mark.parametrize("key", ["", "a b", "k\u00e9", "\t", "x" * 256])
def test_a_bad_key(user: Api, key: str) -> None:
    answer = _send(user, {"what": 5}, key=key)
    assert (answer.status_code, answer.json_body["code"]) == (400, "invalid_request")
    assert [fault["field"] for fault in answer.json_body["details"]] == ["Idempotency-Key"]


def test_the_longest_key(user: Api) -> None:
    assert _send(user, key="~" * 255).status_code == 201


def test_a_key_is_kept_for_24_hours(user: Api, clock: time_machine.Coordinates) -> None:
    _send(user)
    clock.shift(timedelta(hours=24, seconds=-1))
    assert _send(user).headers["Idempotent-Replayed"] == "true"
    clock.shift(timedelta(seconds=1))
    assert "Idempotent-Replayed" not in _send(user, {"what": "coffee"}).headers
    assert shop.sold == ["tea", "coffee"]


def _refuse() -> None:
    raise errors.DailySyncLimit


def _fail() -> None:
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(("happens", "status"), [(_refuse, 403), (_fail, 500)])
def test_a_refusal_leaves_the_key_free(user: Api, happens: Callable[[], None], status: int) -> None:
    shop.before = happens
    assert _send(user).status_code == status
    shop.before = _nothing
    answer = _send(user, {"what": "coffee"})
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers
    assert shop.sold == ["coffee"]


@pytest.mark.parametrize("body", [{"what": 5}, b"{"])
def test_a_faulty_body_leaves_the_key_free(user: Api, body: Any) -> None:
    assert _send(user, body).status_code == 400
    assert _send(user).status_code == 201


def test_a_first_attempt_that_died_frees_the_key_in_time(
    user: Api, clock: time_machine.Coordinates
) -> None:
    shop.before = _die
    with pytest.raises(Killed):
        _send(user)
    shop.before = _nothing
    assert _send(user).status_code == 409
    clock.shift(timedelta(seconds=31))
    assert _send(user).status_code == 201
    assert shop.sold == ["tea"]


class TestInterruptedCreates:
    """An effect that was written is never made again, though nobody was told of it."""

    @pytest.mark.parametrize("key", [None, KEY])
    @pytest.mark.parametrize("death", [_die, _fail])
    def test_a_repeat_takes_it_up(
        self,
        user: Api,
        clock: time_machine.Coordinates,
        key: str | None,
        death: Callable[[], None],
    ) -> None:
        shop.after = death
        try:
            assert _send(user, key=key, path="/parcels").status_code == 500
        except Killed:
            clock.shift(timedelta(seconds=31))
        shop.after = _nothing
        answer = _send(user, key=key, path="/parcels")
        assert (answer.status_code, answer.json_body) == (201, {"number": 1})
        assert shop.sold == ["tea"]

    def test_only_its_like_takes_it_up(self, user: Api) -> None:
        shop.after = _fail
        _send(user, key=None, path="/parcels")
        shop.after = _nothing
        assert _send(user, {"what": "ink"}, key=None, path="/parcels").json_body == {"number": 2}
        other = Api.for_new_user("other@example.org", subscribed=False)
        assert _send(other, key=None, path="/parcels").json_body == {"number": 3}

    def test_another_body_under_the_key_of_an_interrupted_attempt(self, user: Api) -> None:
        shop.after = _fail
        _send(user, path="/parcels")
        shop.after = _nothing
        assert _send(user, {"what": "ink"}, path="/parcels").status_code == 422

    def test_not_after_24_hours(self, user: Api, clock: time_machine.Coordinates) -> None:
        shop.after = _fail
        _send(user, key=None, path="/parcels")
        shop.after = _nothing
        clock.shift(timedelta(hours=24))
        assert _send(user, key=None, path="/parcels").json_body == {"number": 2}

    def test_once_answered_the_same_body_makes_another(self, user: Api) -> None:
        answers = [_send(user, key=None, path="/parcels").json_body for _ in range(2)]
        assert answers == [{"number": 1}, {"number": 2}]

    def test_two_at_once_do_it_once(self, user: Api) -> None:
        """The second writes between the first's look and the first's write."""

        def interrupt() -> None:
            shop.before = _nothing
            shop.after = _fail
            assert _send(user, key=None, path="/parcels").status_code == 500
            shop.after = _nothing

        shop.before = interrupt
        assert _send(user, key=None, path="/parcels").status_code == 500  # db.Conflict here
        assert _send(user, key=None, path="/parcels").json_body == {"number": 1}
        assert shop.sold == ["tea"]
