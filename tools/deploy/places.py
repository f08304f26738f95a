"""Whether the account has as many places to run functions as the template reserves."""

from __future__ import annotations

from typing import Any

from localdev import template as templates
from tools.deploy.adopting import filled
from tools.deploy.stack import DeployFailed

UNRESERVED = 100
"""What Lambda keeps for functions without a reservation (Lambda Developer Guide, "Configuring
reserved concurrency")."""


def check(client: Any, template: dict[str, Any], stage: str) -> None:
    """Raise DeployFailed when Lambda would refuse the reservations of the stage.

    `client` is Lambda's. An account starts with a quota of as few as 10 places.
    """
    functions = templates.properties(template, "AWS::Serverless::Function").values()
    wanted = sum(each.get("ReservedConcurrentExecutions", 0) for each in functions)
    if not wanted:
        return
    limits = client.get_account_settings()["AccountLimit"]
    held = sum(_held(client, filled(each, {"Stage": stage})) for each in functions)
    free = limits["UnreservedConcurrentExecutions"] + held
    lacking = wanted + UNRESERVED - free
    if lacking > 0:
        quota = limits["ConcurrentExecutions"]
        raise DeployFailed(
            f"{stage} reserves {wanted} concurrent executions and Lambda keeps {UNRESERVED} "
            f"unreserved, but this account has {free} of its quota of {quota} left for both: "
            f"raise the quota to {quota + lacking} (Service Quotas > AWS Lambda > "
            f"Concurrent executions, L-B99A9384), or lower `reserved_concurrency` in "
            f".chalice/config.json and package again"
        )


def _held(client: Any, function: str) -> int:
    """What the function has reserved already."""
    try:
        found = client.get_function_concurrency(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return 0
    return int(found.get("ReservedConcurrentExecutions", 0))
