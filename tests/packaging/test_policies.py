"""Policies beside the AWS calls of a stream's life; `make policies` takes those of all tests."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from app import app
from tests import aws_calls as recorder
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tools.packaging import policies
from tools.packaging.aws_calls import Call, UnknownCall, calls_of
from tools.packaging.functions import functions


@pytest.fixture
def recorded(aws: str) -> Iterator[dict[str, set[Call]]]:
    """What each handler asked of AWS, heard at the clients that are there already."""
    from chalicelib import aws as clients
    from chalicelib import db

    heard: list[tuple[str, Call]] = []

    def note(model, params, **_):  # type: ignore[no-untyped-def]
        function = recorder.handler_on_the_stack()
        if function:
            for call in calls_of(model.service_model.service_name, model.name, params["body"]):
                heard.append((function, call))

    emitters = [db.connection().client.meta.events]
    emitters += [clients.client(service).meta.events for service in clients.SERVICES]
    for emitter in emitters:
        emitter.register("before-call", note)
    found: dict[str, set[Call]] = {}
    try:
        yield found
    finally:
        for emitter in emitters:
            emitter.unregister("before-call", note)
        for function, call in heard:
            found.setdefault(function, set()).add(call)
        _compare(found)


def _compare(found: dict[str, set[Call]]) -> None:
    assert {"api_handler", "start_run", "scrape", "enrich"} <= set(found)
    for function in functions(app):
        allowed = policies.granted(json.loads(policies.policy_file(function).read_text()))
        assert found.get(function.name, set()) <= allowed, function.name


def test_a_streams_life_is_allowed(
    recorded: dict[str, set[Call]], api: Api, queues: QueueHand
) -> None:
    stream = api.create_stream(runNow=True)["id"]
    queues.drain()
    lead = api.get(f"/streams/{stream}/leads").json_body["leads"][0]
    assert api.post(f"/leads/{lead['id']}/export").status_code == 200
    assert api.post(f"/streams/{stream}/re-test").status_code == 202
    queues.drain()
    assert api.delete(f"/streams/{stream}").status_code == 200


def test_what_is_written_is_read_back() -> None:
    calls = {
        Call("dynamodb:Query", "index:runs/by-user"),
        Call("dynamodb:PutItem", "table:runs"),
        Call("dynamodb:GetItem", "table:runs"),
        Call("iam:PassRole", "role:scheduler"),
        Call("ses:SendRawEmail", "mail"),
        Call("s3:PutObject", "files"),
    }
    for function in functions(app):
        need = policies.wanted(function, calls)
        assert policies.granted(policies.written(need)) == need


@pytest.mark.parametrize(
    ("service", "operation", "body", "said"),
    [
        ("dynamodb", "GetItem", {"TableName": "ctgo-x-runs"}, {("dynamodb:GetItem", "table:runs")}),
        (
            "dynamodb",
            "Query",
            {"TableName": "ctgo-x-runs", "IndexName": "by-user"},
            {("dynamodb:Query", "index:runs/by-user")},
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "ctgo-x-a"}},
                    {"ConditionCheck": {"TableName": "ctgo-x-b"}},
                ]
            },
            {("dynamodb:PutItem", "table:a"), ("dynamodb:ConditionCheckItem", "table:b")},
        ),
        (
            "dynamodb",
            "BatchWriteItem",
            {"RequestItems": {"ctgo-x-stripe-events": []}},
            {("dynamodb:BatchWriteItem", "table:stripe-events")},
        ),
        (
            "sqs",
            "SendMessageBatch",
            {"QueueUrl": "http://127.0.0.1/1/ctgo-x-runs"},
            {("sqs:SendMessage", "queue:runs")},
        ),
        (
            "scheduler",
            "CreateSchedule",
            {"Target": {"RoleArn": "arn:aws:iam::1:role/ctgo-x-scheduler"}},
            {("scheduler:CreateSchedule", "schedules"), ("iam:PassRole", "role:scheduler")},
        ),
    ],
)
def test_reading_a_call(
    service: str, operation: str, body: dict[str, object], said: set[tuple[str, str]]
) -> None:
    assert set(calls_of(service, operation, json.dumps(body))) == said


def test_a_call_that_nobody_can_read_is_no_silence() -> None:
    with pytest.raises(UnknownCall):
        list(calls_of("ec2", "RunInstances", "{}"))
