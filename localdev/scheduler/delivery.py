"""Putting a firing on its SQS queue, or calling the function that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from localdev.ministack import ACCOUNT_ID, REGION

UNIVERSAL_TARGET = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
SQS_PREFIX = "arn:aws:sqs:"
FUNCTION_PREFIX = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:"

Call = Callable[[str, dict[str, Any]], None]
"""Calls a function by its name with an event. Raises Undeliverable."""


class Undeliverable(Exception):
    """The target did not take what was sent; it may later."""


def _no_functions(name: str, _event: dict[str, Any]) -> None:
    raise Undeliverable(f"there is no app here, and so no function {name}")


@dataclass(frozen=True)
class Firing:
    """One attempt, counted from 1, to deliver what a schedule sends at `instant`."""

    schedule_arn: str
    target: dict[str, Any]
    instant: datetime
    attempt: int


class Delivery:
    """Sends firings to SQS, and calls functions."""

    def __init__(self, sqs: Any, call: Call = _no_functions) -> None:
        self._sqs = sqs
        self._call = call

    def send(self, firing: Firing) -> None:
        """Deliver to the target.

        Raises botocore's errors when SQS does not take it, Undeliverable when a function does not.
        """
        text = _filled(firing)
        if firing.target["Arn"].startswith(FUNCTION_PREFIX):
            self._call(firing.target["Arn"].removeprefix(FUNCTION_PREFIX), json.loads(text))
            return
        if firing.target["Arn"] == UNIVERSAL_TARGET:
            self._sqs.send_message(**json.loads(text))
            return
        group = firing.target.get("SqsParameters", {}).get("MessageGroupId")
        more = {"MessageGroupId": group} if group else {}
        self._put(firing.target["Arn"], text, more)

    def give_up(self, firing: Firing, reason: str) -> None:
        """Send what could not be delivered to the target's dead-letter queue, if it names one."""
        queue = firing.target.get("DeadLetterConfig", {}).get("Arn")
        if not queue:
            return
        attributes = {
            "ERROR_MESSAGE": reason,
            "SCHEDULE_ARN": firing.schedule_arn,
            "SCHEDULED_TIME": _iso(firing.instant),
            "TARGET_ARN": firing.target["Arn"],
        }
        tagged = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        self._put(queue, _filled(firing), {"MessageAttributes": tagged})

    def _put(self, queue_arn: str, body: str, more: dict[str, Any]) -> None:
        name = queue_arn.rpartition(":")[2]
        url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self._sqs.send_message(QueueUrl=url, MessageBody=body, **more)


def _filled(firing: Firing) -> str:
    """The target's input with EventBridge's context attributes replaced."""
    text: str = firing.target.get("Input") or json.dumps(_notice(firing))
    attributes = {
        "scheduled-time": _iso(firing.instant),
        "schedule-arn": firing.schedule_arn,
        "execution-id": str(uuid4()),
        "attempt-number": str(firing.attempt),
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _notice(firing: Firing) -> dict[str, Any]:
    """What EventBridge Scheduler sends for a target without an input."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT_ID,
        "time": _iso(firing.instant),
        "region": REGION,
        "resources": [firing.schedule_arn],
        "detail": "{}",
    }


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
