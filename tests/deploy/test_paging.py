"""AWS tells of changes and events by the page, and a stack of ours fills several."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from localdev import environment
from tools.deploy.stack import DeployFailed, Stack

STACK = "ctgo-prod"
SET = {"StackName": STACK, "ChangeSetName": "ctgo"}
WHEN = datetime(2026, 7, 5, 9, tzinfo=UTC)


def _event(logical_id: str, status: str, reason: str | None = None) -> dict[str, Any]:
    event = {
        "StackId": "arn",
        "EventId": f"{logical_id}-{status}",
        "StackName": STACK,
        "Timestamp": WHEN,
        "LogicalResourceId": logical_id,
        "ResourceStatus": status,
    }
    return event if reason is None else {**event, "ResourceStatusReason": reason}


def _change(action: str, logical_id: str, replacement: str = "False") -> dict[str, Any]:
    named = {"Action": action, "LogicalResourceId": logical_id, "Replacement": replacement}
    return {"Type": "Resource", "ResourceChange": named}


class Asked:
    """A stack whose CloudFormation gives the answers that were put in, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.client = environment.client("cloudformation", "http://127.0.0.1:1")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.stack = Stack(client=self.client, name=STACK, say=self.said.append, look_seconds=0.01)

    def stands(self, status: str) -> None:
        row = {"StackName": STACK, "CreationTime": WHEN, "StackStatus": status}
        self.stub.add_response("describe_stacks", {"Stacks": [row]}, {"StackName": STACK})

    def plans(self, *pages: list[dict[str, Any]]) -> None:
        """A change set that is ready, and is shown in pages."""
        self.stands("CREATE_COMPLETE")
        self.stub.add_response("delete_change_set", {}, SET)
        self.stub.add_response("create_change_set", {})
        self.stub.add_response("describe_change_set", {"Status": "CREATE_COMPLETE"}, SET)
        for number, page in enumerate(pages):
            more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
            asked = SET | ({"NextToken": str(number)} if number else {})
            self.stub.add_response("describe_change_set", {"Changes": page, **more}, asked)
        self.stub.add_response("execute_change_set", {}, SET)

    def happened(self, *pages: list[dict[str, Any]]) -> None:
        for number, page in enumerate(pages):
            more = {"NextToken": str(number + 1)} if number + 1 < len(pages) else {}
            asked = {"StackName": STACK} | ({"NextToken": str(number)} if number else {})
            self.stub.add_response("describe_stack_events", {"StackEvents": page, **more}, asked)


def test_every_change_is_shown() -> None:
    asked = Asked()
    asked.plans([_change("Add", "RunsQueue")], [_change("Modify", "LeadsTable", "True")])
    asked.stands("UPDATE_COMPLETE")
    assert asked.stack.change("UPDATE", "https://bucket/template.yaml", [])
    assert asked.said == [
        "add      RunsQueue",
        "modify   LeadsTable (replaced: what it holds is lost)",
    ]
    asked.stub.assert_no_pending_responses()


def test_what_failed_is_found_behind_the_events_of_a_long_rollback() -> None:
    asked = Asked()
    asked.plans([_change("Add", "RunsQueue")])
    asked.stands("ROLLBACK_COMPLETE")
    asked.happened(
        [_event(STACK, "ROLLBACK_COMPLETE"), _event("Other", "DELETE_COMPLETE")],
        [
            _event("RunsQueue", "CREATE_FAILED", "You must wait 60 seconds"),
            _event(STACK, "CREATE_IN_PROGRESS"),
            _event("RunsQueue", "CREATE_FAILED", "of the time before"),
        ],
    )
    with pytest.raises(DeployFailed, match=r"^RunsQueue: You must wait 60 seconds$"):
        asked.stack.change("CREATE", "https://bucket/template.yaml", [])
    asked.stub.assert_no_pending_responses()
