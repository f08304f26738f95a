"""What a request to AWS asks of IAM: the action and the resource, read off the request itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Call(NamedTuple):
    """An action as IAM names it, and the resource as our template names it.

    `resource` is `table:leads`, `index:leads/by-user`, `queue:runs`, `role:scheduler`,
    `schedules:streams`, `mail`, `bucket`, `files`, `secret` or, where AWS knows nothing narrower,
    `everything`: a name is what follows `ctgo-<stage>-`.
    """

    action: str
    resource: str


_IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_OF_BATCHES = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}


class UnknownCall(ValueError):
    """A service or an operation that this module cannot read yet."""


def calls_of(
    service: str, operation: str, body: Any, query: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Call]:
    """What IAM checks for one request; `query` is what its address asks. Raises UnknownCall."""
    readers = {"dynamodb": _dynamodb, "sqs": _sqs, "ses": _ses, "s3": _s3}
    if service == "secretsmanager":
        yield Call(f"{service}:{operation}", "secret")
        return
    if service == "scheduler":
        yield from _scheduler(operation, body, query)
        return
    if service not in readers:
        raise UnknownCall(f"{service}:{operation}")
    yield from readers[service](operation, body)


def _dynamodb(operation: str, body: Any) -> Iterator[Call]:
    asked = json.loads(body)
    if "TransactItems" in asked:
        for entry in asked["TransactItems"]:
            for kind, item in entry.items():
                yield _on_table(_IN_TRANSACTION[kind], item["TableName"])
    elif "RequestItems" in asked:
        for table in asked["RequestItems"]:
            yield _on_table(operation, table)
    elif "IndexName" in asked:
        index = f"{_ours(asked['TableName'])}/{asked['IndexName']}"
        yield Call(f"dynamodb:{operation}", f"index:{index}")
    elif "TableName" in asked:
        yield _on_table(operation, asked["TableName"])
    else:
        raise UnknownCall(f"dynamodb:{operation}")


def _on_table(operation: str, table: str) -> Call:
    return Call(f"dynamodb:{operation}", f"table:{_ours(table)}")


def _sqs(operation: str, body: Any) -> Iterator[Call]:
    asked = json.loads(body)
    name = asked.get("QueueName") or asked["QueueUrl"].rpartition("/")[2]
    yield Call(f"sqs:{_OF_BATCHES.get(operation, operation)}", f"queue:{_ours(name)}")


def _scheduler(operation: str, body: Any, query: Mapping[str, Any]) -> Iterator[Call]:
    if operation == "ListSchedules":
        # AWS holds it against the schedules of all groups, whichever group it asks for.
        yield Call(f"scheduler:{operation}", "everything")
        return
    asked = json.loads(body) if body else {}
    group = query.get("groupName") or asked["GroupName"]
    yield Call(f"scheduler:{operation}", f"schedules:{_ours(group)}")
    if operation in ("CreateSchedule", "UpdateSchedule"):
        role = asked["Target"]["RoleArn"]
        yield Call("iam:PassRole", f"role:{_ours(role.rpartition('/')[2])}")


def _ses(operation: str, _body: Any) -> Iterator[Call]:
    yield Call(f"ses:{operation}", "mail")


_OF_FILES = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "DeleteObjects": "DeleteObject",
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "PutObject": "PutObject",
    "UploadPart": "PutObject",
}


def _s3(operation: str, _body: Any) -> Iterator[Call]:
    if operation.startswith("ListObjects"):
        yield Call("s3:ListBucket", "bucket")
    elif operation in _OF_FILES:
        yield Call(f"s3:{_OF_FILES[operation]}", "files")
    else:
        raise UnknownCall(f"s3:{operation}")


def _ours(name: str) -> str:
    """`ctgo-test-stripe-events` is `stripe-events`."""
    return name.split("-", 2)[2]
