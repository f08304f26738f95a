"""The seam between Chalice and our functions, on an app of its own."""

from __future__ import annotations

import json
from typing import Annotated

import pytest
from chalice.app import Chalice, CORSConfig
from chalice.test import Client, HTTPResponse

from chalicelib import errors
from chalicelib.http.router import PathId, Router, register
from chalicelib.http.schema import Input, Output, QueryFlag, QueryNumber

router = Router()


class Order(Input):
    item_count: int
    gift_note: str = "none"


class Wanted(Input):
    how_many: QueryNumber = 1
    loud: QueryFlag = False


class Receipt(Output):
    order_id: int
    item_count: int
    left_out: int = 0


@router.post("/shops/{shop_id}/orders", status=201, errors=[errors.StreamNotFound])
def place_order(
    shop_id: Annotated[int, PathId(errors.StreamNotFound)], body: Order, query: Wanted
) -> Receipt:
    """Place an order."""
    if body.gift_note == "boom":
        raise RuntimeError("the cause, which nobody may see")
    return Receipt(order_id=shop_id, item_count=body.item_count * query.how_many)


app = Chalice("shop")
register(
    app,
    {__name__: ["POST /shops/{shop_id}/orders"]},
    cors=CORSConfig(allow_origin="https://ui.example", allow_credentials=True),
)


def _order(body: object, path: str = "/shops/5/orders", **headers: str) -> HTTPResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Client(app) as client:
        return client.http.post("/api/v2" + path, headers=headers, body=raw)


def test_the_signature_is_the_contract() -> None:
    answer = _order({"itemCount": 2}, "/shops/5/orders?howMany=3&loud=true")
    assert answer.status_code == 201
    assert answer.json_body == {"orderId": 5, "itemCount": 6}
    assert answer.headers["Access-Control-Allow-Origin"] == "https://ui.example"
    assert answer.headers["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml; charset=x"])
def test_a_body_is_json_whatever_it_calls_itself(kind: str) -> None:
    assert _order({"itemCount": 2}, **{"Content-Type": kind}).status_code == 201


def test_faults_of_body_and_query_come_together() -> None:
    answer = _order({"item_count": 2, "giftNote": 7}, "/shops/5/orders?howMany=x&size=9")
    assert answer.status_code == 400
    assert [(fault["field"], fault["message"]) for fault in answer.json_body["details"]] == [
        ("itemCount", "is required"),
        ("giftNote", "must be a valid string"),
        ("item_count", "is not a known field"),
        ("howMany", "must be an integer"),
        ("size", "is not a known field"),
    ]


@pytest.mark.parametrize("value", ["2", 2.5, True, None, [2]])
def test_types_are_never_coerced(value: object) -> None:
    assert _order({"itemCount": value}).status_code == 400


@pytest.mark.parametrize("shop", ["abc", "0", "-1", "9007199254740992", "1.0"])
def test_a_path_that_is_no_id_is_the_404_of_its_resource(shop: str) -> None:
    answer = _order({"itemCount": 2}, f"/shops/{shop}/orders")
    assert (answer.status_code, answer.json_body["error"]) == (404, "Stream not found")


def test_validation_comes_before_ownership() -> None:
    assert _order({}, "/shops/abc/orders").status_code == 400


def test_a_fault_of_ours_shows_no_cause() -> None:
    answer = _order({"itemCount": 1, "giftNote": "boom"})
    assert (answer.status_code, answer.json_body["code"]) == (500, "internal_error")
    assert b"nobody may see" not in answer.body
    assert answer.headers["Access-Control-Allow-Origin"] == "https://ui.example"
    assert answer.json_body["requestId"] == answer.headers["X-Request-Id"]


def test_an_empty_body_is_an_empty_object() -> None:
    answer = _order(b"")
    assert [fault["field"] for fault in answer.json_body["details"]] == ["itemCount"]


def test_the_first_line_of_the_docstring_is_the_summary() -> None:
    assert router.endpoints[0].summary == "Place an order."
    assert router.endpoints[0].errors == (errors.StreamNotFound,)
