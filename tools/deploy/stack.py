"""One stack, brought up to a template by a change set that is shown before it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError, WaiterError

_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_CHANGE_SET = "ctgo"


class DeployFailed(Exception):
    """CloudFormation refused; the message lists why."""


def bring_up(
    client: Any,
    stack: str,
    template_url: str,
    parameters: Mapping[str, str],
    *,
    say: Callable[[str], None] = print,
    look_seconds: float = 5,
) -> dict[str, str]:
    """Create or update the stack, and return its outputs. Raises DeployFailed."""
    kind = "UPDATE" if _exists(client, stack) else "CREATE"
    client.create_change_set(
        StackName=stack,
        ChangeSetName=_CHANGE_SET,
        ChangeSetType=kind,
        TemplateURL=template_url,
        Capabilities=_CAPABILITIES,
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    )
    wait = {"Delay": look_seconds, "MaxAttempts": int(3600 / look_seconds)}
    if not _is_ready(client, stack, wait):
        say("nothing to change")
        return _outputs(client, stack)
    _show(client, stack, say)
    client.execute_change_set(StackName=stack, ChangeSetName=_CHANGE_SET)
    try:
        client.get_waiter(f"stack_{kind.lower()}_complete").wait(StackName=stack, WaiterConfig=wait)
    except WaiterError as error:
        raise DeployFailed(_reasons(client, stack) or str(error)) from error
    return _outputs(client, stack)


def _exists(client: Any, stack: str) -> bool:
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    # What a change set alone has made is still to be created.
    return bool(found) and found[0]["StackStatus"] != "REVIEW_IN_PROGRESS"


def _is_ready(client: Any, stack: str, wait: dict[str, Any]) -> bool:
    """Whether the change set changes something. Raises DeployFailed when it is refused."""
    waiter = client.get_waiter("change_set_create_complete")
    try:
        waiter.wait(StackName=stack, ChangeSetName=_CHANGE_SET, WaiterConfig=wait)
    except WaiterError as error:
        found = client.describe_change_set(StackName=stack, ChangeSetName=_CHANGE_SET)
        reason = str(found.get("StatusReason", error))
        client.delete_change_set(StackName=stack, ChangeSetName=_CHANGE_SET)
        if "didn't contain changes" in reason or "No updates" in reason:
            return False
        raise DeployFailed(reason) from error
    return True


def _show(client: Any, stack: str, say: Callable[[str], None]) -> None:
    found = client.describe_change_set(StackName=stack, ChangeSetName=_CHANGE_SET)
    for change in found.get("Changes", []):
        resource = change["ResourceChange"]
        lost = " (replaced: what it holds is lost)" * (resource.get("Replacement") == "True")
        say(f"{resource['Action'].lower():<8} {resource['LogicalResourceId']}{lost}")


def _reasons(client: Any, stack: str) -> str:
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
    )


def _outputs(client: Any, stack: str) -> dict[str, str]:
    found = client.describe_stacks(StackName=stack)["Stacks"][0]
    return {row["OutputKey"]: row["OutputValue"] for row in found.get("Outputs", [])}
