"""EventBridge Scheduler as boto3 sees it, and what arrives on the queues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from localdev import environment
from localdev.scheduler.book import Book
from localdev.scheduler.clock import Clock
from localdev.scheduler.delivery import UNIVERSAL_TARGET, Delivery
from localdev.scheduler.engine import Engine
from localdev.scheduler.server import Server
from localdev.scheduler.wire import Operations
from localdev.waiting import until
from tests.localdev.serving import served

JOBS = "arn:aws:sqs:us-east-1:000000000000:tiny-local-jobs"
ROLE = "arn:aws:iam::000000000000:role/tiny-local-scheduler"
DAILY = "cron(0 9 * * ? *)"


@dataclass
class Bench:
    """A scheduler that fires into the emulated SQS, and the means to watch it."""

    url: str
    client: Any
    sqs: Any

    def put(self, name: str, **changes: Any) -> dict[str, Any]:
        return dict(self.client.create_schedule(**wanted(name, **changes)))

    def control(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, f"{self.url}/_control/{path}", json=body)
        return dict(answer.raise_for_status().json())

    def next_of(self, name: str) -> str:
        return next(row["at"] for row in self.control("next")["next"] if row["name"] == name)

    def take(self, queue: str = "tiny-local-jobs") -> list[dict[str, Any]]:
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        answer = self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def arrived(self, queue: str = "tiny-local-jobs") -> dict[str, Any]:
        return until(lambda: self.take(queue), seconds=30, what="a message")[0]


def wanted(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "ScheduleExpression": DAILY,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": JOBS, "RoleArn": ROLE, "Input": '{"id": "1"}'},
    } | changes


@pytest.fixture
def bench(tiny_url: str) -> Iterator[Bench]:
    clock = Clock()
    book = Book(None, clock.now())
    sqs = environment.client("sqs", tiny_url)
    Engine(book, clock, Delivery(sqs)).start()
    with served(Server(Operations(book, clock), 0)) as url:
        yield Bench(url, environment.client("scheduler", url), sqs)


def test_groups(bench: Bench) -> None:
    made = bench.client.create_schedule_group(Name="streams")
    assert made["ScheduleGroupArn"].endswith(":schedule-group/streams")
    with pytest.raises(bench.client.exceptions.ConflictException):
        bench.client.create_schedule_group(Name="streams")
    assert bench.client.get_schedule_group(Name="streams")["State"] == "ACTIVE"
    names = [row["Name"] for row in bench.client.list_schedule_groups()["ScheduleGroups"]]
    assert names == ["default", "streams"]
    bench.put("one", GroupName="streams")
    bench.client.delete_schedule_group(Name="streams")
    with pytest.raises(bench.client.exceptions.ResourceNotFoundException):
        bench.client.get_schedule(Name="one", GroupName="streams")


def test_a_schedule_reads_back_as_it_was_written(bench: Bench) -> None:
    start = datetime(2026, 5, 1, 9, tzinfo=UTC)
    made = bench.put("one", ScheduleExpressionTimezone="Europe/Lisbon", StartDate=start)
    found = bench.client.get_schedule(Name="one")
    assert made["ScheduleArn"] == found["Arn"]
    assert found["ScheduleExpressionTimezone"] == "Europe/Lisbon"
    assert found["StartDate"] == start
    assert found["State"] == "ENABLED"
    assert found["ActionAfterCompletion"] == "NONE"
    assert found["Target"]["Input"] == '{"id": "1"}'
    bench.client.update_schedule(**wanted("one", State="DISABLED"))
    assert bench.client.get_schedule(Name="one")["ScheduleExpressionTimezone"] == "UTC"
    assert bench.control("next")["next"] == []
    bench.client.delete_schedule(Name="one")
    with pytest.raises(bench.client.exceptions.ResourceNotFoundException):
        bench.client.delete_schedule(Name="one")


def test_creating_twice_conflicts_unless_the_token_is_the_same(bench: Bench) -> None:
    first = bench.put("one", ClientToken="t1")
    assert bench.put("one", ClientToken="t1")["ScheduleArn"] == first["ScheduleArn"]
    with pytest.raises(bench.client.exceptions.ConflictException):
        bench.put("one", ClientToken="t2")


def test_an_unknown_group_is_not_found(bench: Bench) -> None:
    with pytest.raises(bench.client.exceptions.ResourceNotFoundException):
        bench.put("one", GroupName="nowhere")


def test_lists_page_and_filter(bench: Bench) -> None:
    for number in range(7):
        bench.put(f"s{number}", State="DISABLED" if number == 3 else "ENABLED")
    bench.put("other")
    pages = bench.client.get_paginator("list_schedules").paginate(
        NamePrefix="s", State="ENABLED", PaginationConfig={"PageSize": 4}
    )
    names = [[row["Name"] for row in page["Schedules"]] for page in pages]
    assert names == [["s0", "s1", "s2", "s4"], ["s5", "s6"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"ScheduleExpression": "cron(0 9 * * * *)"},
        {"ScheduleExpressionTimezone": "Mars/Olympus"},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        {"Target": {"Arn": "arn:aws:sns:us-east-1:000000000000:topic", "RoleArn": ROLE}},
        {"Target": {"Arn": UNIVERSAL_TARGET, "RoleArn": ROLE, "Input": "no json"}},
        {"StartDate": 1_800_000_000, "EndDate": 1_700_000_000},
        {"State": "PAUSED"},
        {"Name": "no spaces"},
    ],
)
def test_nonsense_is_refused(bench: Bench, changes: dict[str, Any]) -> None:
    with pytest.raises(bench.client.exceptions.ValidationException):
        bench.put("one", **changes)


def test_it_fires_into_the_queue_at_the_local_hour(bench: Bench) -> None:
    job = {
        "at": "<aws.scheduler.scheduled-time>",
        "by": "<aws.scheduler.schedule-arn>",
        "run": "<aws.scheduler.execution-id>",
        "attempt": "<aws.scheduler.attempt-number>",
    }
    target = {"Arn": JOBS, "RoleArn": ROLE, "Input": json.dumps(job)}
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    zone = "Australia/Lord_Howe"
    made = bench.put(
        "one", Target=target, FlexibleTimeWindow=window, ScheduleExpressionTimezone=zone
    )
    soon = bench.next_of("one")
    assert bench.take() == []

    bench.control("clock", {"now": soon})

    body = json.loads(bench.arrived()["Body"])
    assert body["at"] == soon
    assert body["by"] == made["ScheduleArn"]
    assert body["attempt"] == "1"
    assert len(body["run"]) == 36
    later = datetime.fromisoformat(bench.next_of("one")) - datetime.fromisoformat(soon)
    assert later >= timedelta(hours=23)


def test_the_universal_target_sends_what_its_input_says(bench: Bench) -> None:
    url = bench.sqs.get_queue_url(QueueName="tiny-local-jobs")["QueueUrl"]
    call = {"QueueUrl": url, "MessageBody": "<aws.scheduler.scheduled-time>", "MessageGroupId": "7"}
    target = {"Arn": UNIVERSAL_TARGET, "RoleArn": ROLE, "Input": json.dumps(call)}
    bench.put("one", Target=target)
    soon = bench.next_of("one")
    bench.control("clock", {"now": soon})
    message = bench.arrived()
    assert message["Body"] == soon
    assert message["Attributes"]["MessageGroupId"] == "7"


def test_a_rate_fires_at_once(bench: Bench) -> None:
    bench.put("one", ScheduleExpression="rate(1 hour)")
    assert json.loads(bench.arrived()["Body"]) == {"id": "1"}


def test_a_target_without_input_gets_the_notice_of_a_scheduled_event(bench: Bench) -> None:
    bench.put("one", ScheduleExpression="rate(1 hour)", Target={"Arn": JOBS, "RoleArn": ROLE})
    assert json.loads(bench.arrived()["Body"])["detail-type"] == "Scheduled Event"


def test_a_one_time_schedule_leaves_when_it_has_fired(bench: Bench) -> None:
    now = datetime.now(UTC)
    bench.put(
        "one",
        ScheduleExpression=f"at({now - timedelta(seconds=5):%Y-%m-%dT%H:%M:%S})",
        ActionAfterCompletion="DELETE",
    )
    bench.arrived()
    until(lambda: not bench.client.list_schedules()["Schedules"], seconds=30, what="the deletion")


def test_a_jump_of_more_than_an_hour_lets_instants_go(bench: Bench) -> None:
    bench.put("one", ScheduleExpression="cron(0 * * * ? *)")
    bench.control("clock", {"advance": 3 * 86_400})
    message = bench.arrived()
    assert message["Body"] == '{"id": "1"}'
    assert bench.take() == []


def test_what_cannot_be_delivered_ends_in_the_dead_letter_queue(bench: Bench) -> None:
    target = {
        "Arn": JOBS + "-unknown",
        "RoleArn": ROLE,
        "Input": "lost",
        "RetryPolicy": {"MaximumRetryAttempts": 0},
        "DeadLetterConfig": {"Arn": JOBS + "-dlq"},
    }
    made = bench.put("one", ScheduleExpression="rate(1 day)", Target=target)
    message = bench.arrived("tiny-local-jobs-dlq")
    assert message["Body"] == "lost"
    attributes = message["MessageAttributes"]
    assert attributes["SCHEDULE_ARN"]["StringValue"] == made["ScheduleArn"]
    assert attributes["TARGET_ARN"]["StringValue"] == JOBS + "-unknown"


@pytest.mark.parametrize("body", [{}, {"now": "soon"}, {"advance": "much"}])
def test_a_clock_that_makes_no_sense_is_refused(bench: Bench, body: dict[str, Any]) -> None:
    answer = httpx.post(f"{bench.url}/_control/clock", json=body)
    assert answer.status_code == 400
