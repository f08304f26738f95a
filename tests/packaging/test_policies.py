"""How an AWS call becomes a right, and whose call it is."""

from __future__ import annotations

import json

import pytest

from app import app
from chalicelib import aws as clients
from chalicelib.nightly import walking
from chalicelib.settings import settings
from tests.api_client import Api
from tests.packaging.recorded import recorded
from tests.queue_hand import QueueHand
from tools.packaging import policies
from tools.packaging.aws_calls import Call, UnknownCall, calls_of
from tools.packaging.functions import functions


def test_what_is_written_is_read_back() -> None:
    calls = {
        Call("dynamodb:Query", "index:runs/by-user"),
        Call("dynamodb:PutItem", "table:runs"),
        Call("dynamodb:GetItem", "table:runs"),
        Call("iam:PassRole", "role:scheduler"),
        Call("scheduler:CreateSchedule", "schedules:digests"),
        Call("scheduler:DeleteSchedule", "schedules:streams"),
        Call("scheduler:ListSchedules", "everything"),
        Call("ses:SendRawEmail", "mail"),
        Call("s3:PutObject", "files"),
        Call("sqs:SendMessage", "queue:runs"),
    }
    for function in functions(app):
        need = policies.wanted(function, calls)
        assert policies.granted(policies.written(need)) == need


def test_who_sends_to_a_queue_may_ask_where_it_is() -> None:
    for function in functions(app):
        need = policies.wanted(function, {Call("sqs:SendMessage", "queue:deliver")})
        assert Call("sqs:GetQueueUrl", "queue:deliver") in need
        assert Call("sqs:GetQueueUrl", "queue:runs") not in need


def test_each_group_of_schedules_is_named() -> None:
    calls = {Call("scheduler:GetSchedule", f"schedules:{each}") for each in ("streams", "digests")}
    (statement,) = policies.written(calls)["Statement"]
    groups = [resource["Fn::Sub"].rpartition(":")[2] for resource in statement["Resource"]]
    assert groups == [
        "schedule/ctgo-${Stage}-digests/*",
        "schedule/ctgo-${Stage}-streams/*",
    ]


def test_what_aws_lists_for_all_groups_alone_has_a_statement_of_its_own() -> None:
    calls = {
        Call("scheduler:GetSchedule", "schedules:streams"),
        Call("scheduler:ListSchedules", "everything"),
    }
    starred = [each for each in policies.written(calls)["Statement"] if "*" in each["Resource"]]
    assert starred == [
        {"Effect": "Allow", "Action": ["scheduler:ListSchedules"], "Resource": ["*"]}
    ]


@pytest.mark.usefixtures("aws")
class TestWhoseCallItIs:
    def test_a_tests_own_is_nobodys(self) -> None:
        with recorded() as asked:
            clients.client("sqs").get_queue_url(QueueName=settings().resource("runs"))
        assert asked == set()

    def test_that_of_a_step_is_the_functions_that_takes_it(self) -> None:
        with recorded() as asked:
            walking.begin()
        assert ("nightly", Call("sqs:SendMessage", "queue:upkeep")) in asked

    def test_that_of_a_test_that_a_handler_called_is_nobodys(
        self, api: Api, queues: QueueHand
    ) -> None:
        source = next(each for each in queues._sources if each.function == "start_run")
        received: list[object] = []

        def looks_on(**_: object) -> None:
            received.append(queues.take(source))

        events = clients.client("sqs").meta.events
        events.register("before-call.sqs.SendMessageBatch", looks_on)
        try:
            with recorded() as asked:
                api.create_stream(runNow=True)
        finally:
            events.unregister("before-call.sqs.SendMessageBatch", looks_on)
        assert received
        assert {name for name, _ in asked} == {"api_handler"}
        assert "sqs:ReceiveMessage" not in {call.action for _, call in asked}


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
            {
                "GroupName": "ctgo-x-digests",
                "Target": {"RoleArn": "arn:aws:iam::1:role/ctgo-x-scheduler"},
            },
            {("scheduler:CreateSchedule", "schedules:digests"), ("iam:PassRole", "role:scheduler")},
        ),
    ],
)
def test_reading_a_call(
    service: str, operation: str, body: dict[str, object], said: set[tuple[str, str]]
) -> None:
    assert set(calls_of(service, operation, json.dumps(body))) == said


@pytest.mark.parametrize(
    ("operation", "query", "said"),
    [
        ("GetSchedule", {"groupName": "ctgo-x-digests"}, "schedules:digests"),
        ("DeleteSchedule", {"groupName": "ctgo-x-streams"}, "schedules:streams"),
        ("ListSchedules", {"ScheduleGroup": "ctgo-x-streams"}, "everything"),
    ],
)
def test_a_group_in_the_address(operation: str, query: dict[str, str], said: str) -> None:
    found = set(calls_of("scheduler", operation, b"", query))
    assert found == {Call(f"scheduler:{operation}", said)}


def test_a_call_that_nobody_can_read_is_no_silence() -> None:
    with pytest.raises(UnknownCall):
        list(calls_of("ec2", "RunInstances", "{}"))
