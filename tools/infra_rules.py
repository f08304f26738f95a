"""What we ask of the merged template beyond its grammar. Pure: template in, faults out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localdev import template as templates

VISIBILITY_FACTOR = 6
"""Lambda's documentation asks that a message stays hidden six time-outs of its function."""
MOST_BYTES = 1_000_000
MOST_RESOURCES = 500
"""What CloudFormation takes in one stack."""
_STARRED = {"scheduler:ListSchedules", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
"""Actions that AWS gives no narrower resource: X-Ray knows none, and the schedules of one group are
listed only by who may list those of all groups."""

Template = dict[str, Any]


def faults(template: Template, stage: str, root: Path) -> Iterator[str]:
    """Every rule that the template of a stage breaks, a sentence each."""
    yield from _sizes(template)
    yield from _rights(template)
    yield from _functions(template)
    yield from _sources(template, stage)
    yield from _loops(template)
    yield from _queues(template)
    yield from _tables(template, stage)
    yield from _alarms(template, root)
    yield from _gateway(template)
    yield from _kept(template, stage)
    yield from _addresses(template)


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


def _loops(template: Template) -> Iterator[str]:
    """Lambda stops a function that sends to its own queue, after 16 messages of one chain."""
    roles = templates.properties(template, "AWS::IAM::Role")
    for name, function in templates.properties(template, "AWS::Serverless::Function").items():
        sends_to = [
            resource
            for statement in _statements(roles[function["Role"]["Fn::GetAtt"][0]])
            if "sqs:SendMessage" in statement["Action"]
            for resource in _plain(statement["Resource"])
        ]
        fed_by = [
            event["Properties"]["Queue"]
            for event in function.get("Events", {}).values()
            if event["Type"] == "SQS"
        ]
        comes_back = any(queue in sends_to for queue in fed_by)
        if comes_back != (function.get("RecursiveLoop") == "Allow"):
            said = "is stopped where it hands work on to itself" if comes_back else "may loop"
            yield f"{name} {said}"


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
    for name, table in templates.properties(template, "AWS::DynamoDB::Table").items():
        kept = template["Resources"][name]["DeletionPolicy"] == "Retain"
        expires = table.get("TimeToLiveSpecification", {}).get("Enabled")
        if stage == "prod" and not kept and not expires:
            yield f"{name} goes with its stack"
        if stage == "prod" and kept and not table.get("DeletionProtectionEnabled"):
            yield f"{name} can be deleted by a slip"
        recovery = table.get("PointInTimeRecoverySpecification", {})
        if not recovery.get("PointInTimeRecoveryEnabled") and not expires:
            yield f"{name} cannot be brought back to a point in time"


def _kept(template: Template, stage: str) -> Iterator[str]:
    """A stage that can be thrown away leaves nothing; what prod leaves, it leaves on every path."""
    for name, resource in template["Resources"].items():
        policies = {resource.get(each) for each in ("DeletionPolicy", "UpdateReplacePolicy")}
        if stage != "prod" and policies & {"Retain", "RetainExceptOnCreate", "Snapshot"}:
            yield f"{name} outlives its stack"
        if len(policies) > 1:
            yield f"{name} is kept on one path and lost on another"
        if stage == "prod" and resource["Type"] == "AWS::S3::Bucket" and policies != {"Retain"}:
            yield f"{name} keeps a stack from being deleted while it holds files"


def _alarms(template: Template, root: Path) -> Iterator[str]:
    for name, alarm in templates.properties(template, "AWS::CloudWatch::Alarm").items():
        page = alarm["AlarmDescription"].rpartition("What to do: ")[2]
        if not (root / page).is_file():
            yield f"{name} points to {page}, which is not there"


def _gateway(template: Template) -> Iterator[str]:
    for name in templates.properties(template, "AWS::ApiGateway::GatewayResponse"):
        yield f"{name} may be made after the API is deployed, and goes when its document changes"
    for name, api in templates.properties(template, "AWS::Serverless::Api").items():
        if not any("ThrottlingRateLimit" in each for each in api.get("MethodSettings", ())):
            yield f"{name} lets any number of requests through"
        if any(each.get("MetricsEnabled") for each in api.get("MethodSettings", ())):
            yield f"{name} pays for five metrics of each method, which nothing looks at"
        if "OpenApiVersion" not in api:
            yield f"{name} gets a second stage, without limits"
        if api["DefinitionBody"]["info"]["title"] != api["Name"]:
            yield f"{name} has two names, and alarms look for one"
        yield from _answers(name, api["DefinitionBody"])


def _answers(api: str, document: dict[str, Any]) -> Iterator[str]:
    """What the gateway says by itself is for browsers too."""
    answers = document.get("x-amazon-apigateway-gateway-responses", {})
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX", "REQUEST_TOO_LARGE", "THROTTLED"):
        if kind not in answers:
            yield f"{api} answers {kind} in the shape of AWS"
    for kind, answer in answers.items():
        allowed = "gatewayresponse.header.Access-Control-Allow-Origin"
        if allowed not in answer["responseParameters"]:
            yield f"{api} answers {kind} and carries no CORS headers"


_OURS = ("BaseUrl", "UiOrigin", "MailSender")
"""Parameters whose defaults are addresses of the hosted ctgo."""


def _addresses(template: Template) -> Iterator[str]:
    """Whoever hosts ctgo has addresses of their own, and gives them as parameters."""
    defaults = [str(template["Parameters"][name]["Default"]) for name in _OURS]
    hosts = {urlsplit(each).hostname or each.rpartition("@")[2] for each in defaults}
    for name, resource in template["Resources"].items():
        text = json.dumps(resource)
        for host in sorted(hosts):
            if host in text:
                yield f"{name} has the address {host} written in it"
