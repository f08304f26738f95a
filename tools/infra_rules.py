"""What we ask of the merged template beyond its grammar. Pure: template in, faults out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localdev import template as templates

VISIBILITY_FACTOR = 6
"""Lambda's documentation asks that a message stays hidden six time-outs of its function."""
MOST_BYTES = 1_000_000
MOST_RESOURCES = 500
"""What CloudFormation takes in one stack."""
_STARRED = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
"""Actions that AWS gives no narrower resource."""

Template = dict[str, Any]


def faults(template: Template, stage: str, root: Path) -> Iterator[str]:
    """Every rule that the template of a stage breaks, a sentence each."""
    yield from _sizes(template)
    yield from _rights(template)
    yield from _functions(template)
    yield from _sources(template, stage)
    yield from _queues(template)
    yield from _tables(template, stage)
    yield from _alarms(template, root)
    yield from _gateway(template)


def _sizes(template: Template) -> Iterator[str]:
    if len(json.dumps(template)) > MOST_BYTES:
        yield f"the template is larger than {MOST_BYTES} bytes"
    if len(template["Resources"]) > MOST_RESOURCES:
        yield f"more than {MOST_RESOURCES} resources"


def _rights(template: Template) -> Iterator[str]:
    for name, role in templates.properties(template, "AWS::IAM::Role").items():
        for statement in _statements(role):
            actions = set(statement["Action"])
            if any("*" in action for action in actions):
                yield f"{name} allows {sorted(actions)}"
            if _plain(statement["Resource"]) == ["*"] and not actions <= _STARRED:
                yield f"{name} allows {sorted(actions)} on everything"


def _statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role.get("Policies", ()):
        chosen = policy["Fn::If"][1] if "Fn::If" in policy else policy
        for statement in chosen["PolicyDocument"]["Statement"]:
            yield {**statement, "Action": _plain(statement["Action"])}


def _plain(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _functions(template: Template) -> Iterator[str]:
    roles: dict[str, str] = {}
    for name, function in templates.properties(template, "AWS::Serverless::Function").items():
        role = function["Role"]["Fn::GetAtt"][0]
        if roles.setdefault(role, name) != name:
            yield f"{name} shares the role {role} with {roles[role]}"
        logs = [
            log
            for log in templates.properties(template, "AWS::Logs::LogGroup").values()
            if log["LogGroupName"]["Fn::Sub"]
            == f"/aws/lambda/{function['FunctionName']['Fn::Sub']}"
        ]
        if not logs or not logs[0].get("RetentionInDays"):
            yield f"{name} keeps its log for ever"


def _sources(template: Template, stage: str) -> Iterator[str]:
    queues = templates.properties(template, "AWS::SQS::Queue")
    for name, function in templates.properties(template, "AWS::Serverless::Function").items():
        for event in function.get("Events", {}).values():
            if event["Type"] != "SQS":
                continue
            queue = event["Properties"]["Queue"]["Fn::GetAtt"][0]
            hidden = _visibility(template, queues[queue], stage)
            if hidden < VISIBILITY_FACTOR * function["Timeout"]:
                yield f"{queue} hides a message {hidden} s, {name} may take {function['Timeout']} s"
            most = event["Properties"].get("ScalingConfig", {}).get("MaximumConcurrency")
            if most is None or most > function.get("ReservedConcurrentExecutions", most):
                yield f"{name} may be given more messages than it has places to run"


def _visibility(template: Template, queue: dict[str, Any], stage: str) -> int:
    stated = queue["VisibilityTimeout"]
    if isinstance(stated, int):
        return stated
    mapping, _, field = stated["Fn::FindInMap"]
    return int(template["Mappings"][mapping][stage][field])


def _queues(template: Template) -> Iterator[str]:
    queues = templates.properties(template, "AWS::SQS::Queue")
    watched = json.dumps(templates.properties(template, "AWS::CloudWatch::Alarm"))
    for name, queue in queues.items():
        if not queue.get("SqsManagedSseEnabled"):
            yield f"{name} is not encrypted"
        if f'"Fn::GetAtt": ["{name}", "QueueName"]' not in watched:
            yield f"{name} has no alarm"
        target = queue.get("RedrivePolicy", {}).get("deadLetterTargetArn", {}).get("Fn::GetAtt")
        if not name.endswith("DeadLetters") and (not target or target[0] not in queues):
            yield f"{name} has no dead-letter queue"


def _tables(template: Template, stage: str) -> Iterator[str]:
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::DynamoDB::Table" or resource["DeletionPolicy"] != "Retain":
            continue
        table = resource["Properties"]
        if stage == "prod" and not table.get("DeletionProtectionEnabled"):
            yield f"{name} can be deleted by a slip"
        recovery = table.get("PointInTimeRecoverySpecification", {})
        expires = table.get("TimeToLiveSpecification", {}).get("Enabled")
        if not recovery.get("PointInTimeRecoveryEnabled") and not expires:
            yield f"{name} cannot be brought back to a point in time"


def _alarms(template: Template, root: Path) -> Iterator[str]:
    for name, alarm in templates.properties(template, "AWS::CloudWatch::Alarm").items():
        page = alarm["AlarmDescription"].rpartition("What to do: ")[2]
        if not (root / page).is_file():
            yield f"{name} points to {page}, which is not there"


def _gateway(template: Template) -> Iterator[str]:
    for name, answer in templates.properties(template, "AWS::ApiGateway::GatewayResponse").items():
        allowed = "gatewayresponse.header.Access-Control-Allow-Origin"
        if allowed not in answer["ResponseParameters"]:
            yield f"{name} carries no CORS headers"
    for name, api in templates.properties(template, "AWS::Serverless::Api").items():
        if not any("ThrottlingRateLimit" in each for each in api.get("MethodSettings", ())):
            yield f"{name} lets any number of requests through"
