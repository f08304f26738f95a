"""What is refused in a sentence, before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from localdev import environment
from tools.deploy import places
from tools.deploy.stack import DeployFailed, Stack
from tools.packaging.template import full_template

NOWHERE = "http://127.0.0.1:1"


def _template(*reserved: int | None) -> dict[str, Any]:
    functions = {
        f"Function{number}": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": {"Fn::Sub": f"ctgo-${{Stage}}-f{number}"},
                **({} if places is None else {"ReservedConcurrentExecutions": places}),
            },
        }
        for number, places in enumerate(reserved)
    }
    return {"Resources": functions}


def _lambda(quota: int, unreserved: int, *held: int | None) -> Any:
    """Lambda's client in an account where our functions hold so much, or are not there."""
    client = environment.client("lambda", NOWHERE)
    stub = Stubber(client)
    limit = {"ConcurrentExecutions": quota, "UnreservedConcurrentExecutions": unreserved}
    stub.add_response("get_account_settings", {"AccountLimit": limit}, {})
    for number, places_held in enumerate(held):
        asked = {"FunctionName": f"ctgo-prod-f{number}"}
        if places_held is None:
            stub.add_client_error("get_function_concurrency", "ResourceNotFoundException")
        else:
            answer = {"ReservedConcurrentExecutions": places_held} if places_held else {}
            stub.add_response("get_function_concurrency", answer, asked)
    stub.activate()
    return client


@pytest.mark.parametrize(
    ("quota", "unreserved", "held"),
    [
        (1000, 1000, [None, None]),
        (400, 400, [None, None]),
        (400, 100, [200, 100]),
        (500, 200, [200, 0]),
    ],
)
def test_enough_places(quota: int, unreserved: int, held: list[int | None]) -> None:
    places.check(_lambda(quota, unreserved, *held), _template(200, 100), "prod")


@pytest.mark.parametrize(
    ("quota", "unreserved", "held", "left", "wanted"),
    [
        (10, 10, [None, None], 10, 400),
        (399, 399, [None, None], 399, 400),
        (1000, 150, [None, None], 150, 1250),
        (1000, 150, [200, 0], 350, 1050),
    ],
)
def test_too_few_places(
    quota: int, unreserved: int, held: list[int | None], left: int, wanted: int
) -> None:
    with pytest.raises(DeployFailed) as refused:
        places.check(_lambda(quota, unreserved, *held), _template(200, 100), "prod")
    said = str(refused.value)
    assert "reserves 300 concurrent executions" in said
    assert f"has {left} of its quota of {quota} left" in said
    assert f"raise the quota to {wanted}" in said


def test_a_stage_that_reserves_nothing_asks_nobody() -> None:
    places.check(environment.client("lambda", NOWHERE), _template(None, None), "prod")
    places.check(environment.client("lambda", NOWHERE), full_template("dev", "arm64"), "dev")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name ctgo-prod"),
        ("CREATE_IN_PROGRESS", "wait until that has ended"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait until that has ended"),
        ("DELETE_IN_PROGRESS", "wait until that has ended"),
    ],
)
def test_a_stack_that_cannot_be_touched_now(status: str, said: str) -> None:
    with pytest.raises(DeployFailed, match=said):
        _stack(status).clear()


@pytest.mark.parametrize(
    ("status", "there"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("IMPORT_COMPLETE", True),
        ("REVIEW_IN_PROGRESS", False),
    ],
)
def test_a_stack_that_can_be_gone_on_with(status: str, there: bool) -> None:
    assert _stack(status).clear() is there


def _stack(status: str) -> Stack:
    client = environment.client("cloudformation", NOWHERE)
    stub = Stubber(client)
    row = {"StackName": "ctgo-prod", "CreationTime": "2026-07-05T09:00:00Z", "StackStatus": status}
    stub.add_response("describe_stacks", {"Stacks": [row]}, {"StackName": "ctgo-prod"})
    stub.activate()
    return Stack(client=client, name="ctgo-prod")
