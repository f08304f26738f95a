"""`python -m tools.packaging.policies CALLS_DIR [--write]`: policies beside the calls of the tests.

`make policies` runs the tests and writes down which AWS call each handler makes. A policy file that
lacks one of them, or allows what no test made, is named; with `--write` the files are made so.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from localdev import template
from tools.packaging.aws_calls import Call
from tools.packaging.functions import Function, functions
from tools.packaging.tree import ROOT

FOLDER = ROOT / ".chalice"
_ARN = "arn:${AWS::Partition}"
_HERE = "${AWS::Region}:${AWS::AccountId}"
_CONSUMING = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")


def policy_file(function: Function) -> Path:
    """Where the policy of a function stands."""
    return FOLDER / f"policy-{function.name}.json"


def read_calls(folder: Path) -> dict[str, set[Call]]:
    """What the test processes wrote down, by function."""
    found: dict[str, set[Call]] = defaultdict(set)
    for file in folder.glob("*.json"):
        for function, action, resource in json.loads(file.read_text()):
            found[function].add(Call(action, resource))
    return found


def wanted(function: Function, calls: set[Call]) -> set[Call]:
    """All that a function must be allowed: its calls, its log, its queue, the secret settings.

    Who sends to a queue asks for its URL first, but once per process: the tests' process may have
    asked for another function.
    """
    granted = {*calls, Call("secretsmanager:GetSecretValue", "secret")}
    granted |= {Call("sqs:GetQueueUrl", on) for action, on in calls if action == "sqs:SendMessage"}
    granted |= {Call(action, f"log:{function.name}") for action in _LOGGING}
    if function.queue:
        granted |= {Call(action, f"queue:{function.queue}") for action in _CONSUMING}
    return granted


def written(granted: set[Call]) -> dict[str, Any]:
    """A policy document: a statement for each set of actions, with the resources that take it."""
    ids = logical_ids()
    actions: dict[str, list[str]] = defaultdict(list)
    for action, resource in sorted(granted):
        actions[resource].append(action)
    statements: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for resource, allowed in sorted(actions.items()):
        statements[tuple(allowed)].append(resource)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": list(allowed),
                "Resource": [_arn(resource, ids) for resource in resources],
                **_condition(allowed),
            }
            for allowed, resources in sorted(statements.items())
        ],
    }


def granted(document: dict[str, Any]) -> set[Call]:
    """What a policy document allows; the reverse of `written`."""
    ids = logical_ids()
    names = {json.dumps(_arn(name, ids)): name for name in _all_resources(ids)}
    return {
        Call(action, names[json.dumps(resource)])
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def logical_ids() -> dict[str, str]:
    """`table:leads` is `LeadsTable`: what infra/resources.yaml calls each resource of ours."""
    return dict(_named(template.load((ROOT / "infra" / "resources.yaml").read_text())))


_NAMED = {
    "AWS::DynamoDB::Table": ("table", "TableName"),
    "AWS::SQS::Queue": ("queue", "QueueName"),
    "AWS::IAM::Role": ("role", "RoleName"),
    "AWS::Scheduler::ScheduleGroup": ("schedules", "Name"),
}


def _named(parsed: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, (prefix, field) in _NAMED.items():
        for logical_id, found in template.properties(parsed, kind).items():
            name = str(found[field]["Fn::Sub"]).split("-", 2)[2]
            yield f"{prefix}:{name}", logical_id
            for index in found.get("GlobalSecondaryIndexes", ()):
                yield f"index:{name}/{index['IndexName']}", logical_id
    for logical_id in template.properties(parsed, "AWS::S3::Bucket"):
        yield "bucket", logical_id
        yield "files", logical_id


def _all_resources(ids: Iterable[str]) -> list[str]:
    from app import app

    logs = [f"log:{function.name}" for function in functions(app)]
    return [*ids, *logs, "everything", "mail", "secret"]


def _arn(resource: str, ids: Mapping[str, str]) -> dict[str, Any] | str:
    if resource == "everything":
        return "*"
    kind, _, name = resource.partition(":")
    if kind == "log":
        group = f"log-group:/aws/lambda/ctgo-${{Stage}}-{name}:*"
        return {"Fn::Sub": f"{_ARN}:logs:{_HERE}:{group}"}
    if kind == "index":
        return {"Fn::Sub": f"${{{ids[resource]}.Arn}}/index/{name.partition('/')[2]}"}
    if kind == "files":
        return {"Fn::Sub": f"${{{ids[resource]}.Arn}}/*"}
    fixed = {
        "schedules": f"{_ARN}:scheduler:{_HERE}:schedule/ctgo-${{Stage}}-{name}/*",
        "mail": f"{_ARN}:ses:{_HERE}:identity/${{MailSender}}",
        # Secrets Manager hangs six characters of its own on every name.
        "secret": f"{_ARN}:secretsmanager:{_HERE}:secret:ctgo/${{Stage}}/settings-??????",
    }
    return {"Fn::Sub": fixed[kind]} if kind in fixed else {"Fn::GetAtt": [ids[resource], "Arn"]}


def _condition(actions: tuple[str, ...]) -> dict[str, Any]:
    if "iam:PassRole" not in actions:
        return {}
    service = {"iam:PassedToService": "scheduler.amazonaws.com"}
    return {"Condition": {"StringEquals": service}}


def main() -> int:
    """Compare or write; 1 when something is missing or unused."""
    from app import app

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("calls", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    calls = read_calls(given.calls)
    wrong = 0
    for function in functions(app):
        need = wanted(function, calls.get(function.name, set()))
        file = policy_file(function)
        if given.write:
            file.write_text(json.dumps(written(need), indent=2) + "\n")
        allowed = granted(json.loads(file.read_text()))
        for word, calls_apart in (("missing", need - allowed), ("unused", allowed - need)):
            for call in sorted(calls_apart):
                wrong += 1
                print(f"{function.name}: {word}: {call.action} on {call.resource}")
        print(f"{function.name}: {len(need)} calls, all allowed and no other" * (need == allowed))
    return min(wrong, 1)


if __name__ == "__main__":
    raise SystemExit(main())
