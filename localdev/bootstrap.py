"""Creates or updates the AWS resources of a local stage from infra/resources.yaml, and its sender.

The template is deployed through the emulator's own CloudFormation. Emulators drop some properties
without a word (emulated versions: MiniStack 1.5.33, moto 5.2); those are then read from the same
template and applied by the services' own calls.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from chalicelib.settings import settings
from localdev import environment, template

_UNUSABLE = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}


class DeployFailed(Exception):
    """CloudFormation refused the template; the message lists why."""


def deploy(
    template_path: Path, stage: str, *, aws_url: str, scheduler_url: str | None = None
) -> dict[str, str]:
    """Bring the stage's stack up to the template; safe to repeat.

    Schedules go to the service at `scheduler_url`, or nowhere when that is None. Returns the
    physical id of each resource by logical id. Raises DeployFailed.
    """
    parsed = template.load(template_path.read_text())
    cloudformation = environment.client("cloudformation", aws_url)
    stack = put_stack(cloudformation, parsed, stage)
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    # moto lists a kind of resource that it does not know as a row without ids.
    made = [row for row in resources if row.get("PhysicalResourceId")]
    physical = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in made}
    _complete_tables(environment.client("dynamodb", aws_url), parsed, physical)
    verify_sender(environment.client("ses", aws_url))
    if scheduler_url:
        _move_schedules(
            environment.client("scheduler", aws_url),
            environment.client("scheduler", scheduler_url),
            parsed,
            physical,
        )
    return physical


def put_stack(cloudformation: Any, parsed: dict[str, Any], stage: str) -> str:
    """What CloudFormation alone makes of the template; the stack's name. Raises DeployFailed."""
    stack = f"ctgo-{stage}"
    wanted = {
        "StackName": stack,
        "TemplateBody": json.dumps(parsed),  # which MiniStack reads far sooner than YAML
        "Parameters": _parameters(parsed, stage),
        "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    status = _status(cloudformation, stack)
    if status in _UNUSABLE:
        cloudformation.delete_stack(StackName=stack)
        _wait(cloudformation, "stack_delete_complete", stack)
        status = None
    if status is None:
        cloudformation.create_stack(**wanted)
        _wait(cloudformation, "stack_create_complete", stack)
        return stack
    try:
        cloudformation.update_stack(**wanted)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return stack
        raise
    _wait(cloudformation, "stack_update_complete", stack)
    return stack


def verify_sender(ses: Any) -> None:
    """Have the sender of mails verified, without which emulators refuse them.

    It is not in the template: on AWS the sender outlives stacks, and LocalStack's CloudFormation
    makes none.
    """
    ses.verify_email_identity(EmailAddress=settings().mail_sender)


def _parameters(parsed: dict[str, Any], stage: str) -> list[dict[str, str]]:
    declared = parsed.get("Parameters", {})
    return [{"ParameterKey": "Stage", "ParameterValue": stage}] if "Stage" in declared else []


def _status(cloudformation: Any, stack: str) -> str | None:
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return str(found[0]["StackStatus"]) if found else None


def _wait(cloudformation: Any, waiter: str, stack: str) -> None:
    try:
        cloudformation.get_waiter(waiter).wait(
            StackName=stack, WaiterConfig={"Delay": 0.01, "MaxAttempts": 3000}
        )
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
        ]
        raise DeployFailed("\n".join(reasons) or str(error)) from error


def _complete_tables(dynamodb: Any, parsed: dict[str, Any], physical: dict[str, str]) -> None:
    """Expiry and point-in-time recovery, which CloudFormation of MiniStack and moto drops."""
    for name, wanted in template.properties(parsed, "AWS::DynamoDB::Table").items():
        expiry = wanted.get("TimeToLiveSpecification", {})
        if expiry.get("Enabled"):
            _put_expiry(dynamodb, physical[name], expiry["AttributeName"])
        recovery = wanted.get("PointInTimeRecoverySpecification")
        if recovery:
            dynamodb.update_continuous_backups(
                TableName=physical[name], PointInTimeRecoverySpecification=recovery
            )


def _put_expiry(dynamodb: Any, table: str, attribute: str) -> None:
    # Only when it is not so already: DynamoDB refuses to set what is set.
    now = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if now.get("AttributeName") != attribute or now["TimeToLiveStatus"] != "ENABLED":
        dynamodb.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"AttributeName": attribute, "Enabled": True},
        )


def _move_schedules(
    emulated: Any, ours: Any, parsed: dict[str, Any], physical: dict[str, str]
) -> None:
    """Hand the template's groups and schedules to our own clock.

    CloudFormation resolved them into the emulator's scheduler, which ignores time zones; there
    they are switched off, so that nothing fires twice.
    """
    for name in template.properties(parsed, "AWS::Scheduler::ScheduleGroup"):
        if name in physical:
            _create(ours.create_schedule_group, ours, Name=physical[name])
    for name, wanted in template.properties(parsed, "AWS::Scheduler::Schedule").items():
        if name in physical:
            _move_schedule(emulated, ours, physical[name], wanted)


def _move_schedule(emulated: Any, ours: Any, name: str, wanted: dict[str, Any]) -> None:
    group = _group_of(emulated, name)
    found = emulated.get_schedule(Name=name, GroupName=group)
    kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    schedule = {key: found[key] for key in kept}
    literal = ("ScheduleExpressionTimezone", "State", "Description")
    ours_now = schedule | {key: wanted[key] for key in literal if isinstance(wanted.get(key), str)}
    if not _create(ours.create_schedule, ours, **ours_now):
        ours.update_schedule(**ours_now)
    emulated.update_schedule(**schedule, State="DISABLED")


def _group_of(emulated: Any, name: str) -> str:
    pages = emulated.get_paginator("list_schedules").paginate(NamePrefix=name)
    rows = (row for page in pages for row in page["Schedules"])
    return str(next(row["GroupName"] for row in rows if row["Name"] == name))


def _create(call: Any, client: Any, **wanted: Any) -> bool:
    """Whether it was created; False when it existed."""
    try:
        call(**wanted)
    except client.exceptions.ConflictException:
        return False
    return True
