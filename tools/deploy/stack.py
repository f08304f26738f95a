"""One stack, brought up to a template by a change set that is shown before it is carried out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from botocore.exceptions import ClientError, WaiterError

_CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_CHANGE_SET = "ctgo"
_NEVER_UP = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
"""What CloudFormation takes no change for: such a stack can only go."""
_ONLY_PLANNED = "REVIEW_IN_PROGRESS"
"""What a change set alone has made is still to be created."""
_BEGUN = {f"{kind}_IN_PROGRESS" for kind in ("CREATE", "UPDATE", "IMPORT", "DELETE")}

Parameters = Sequence[Mapping[str, Any]]


class DeployFailed(Exception):
    """AWS refused, or would; the message lists why."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack by its name. `look_seconds` lie between two looks at what CloudFormation does."""

    client: Any
    name: str
    say: Callable[[str], None] = print
    look_seconds: float = 5

    def clear(self) -> bool:
        """Whether the stack is there, without what an earlier deployment left half done.

        One that never came up is deleted; tables that it keeps stay. Raises DeployFailed when
        another deployment is at work or somebody must help.
        """
        status = self._status()
        if status is None:
            return False
        if status in _NEVER_UP:
            self.say(f"{self.name} stands in {status}, which takes no change: deleting the stack")
            self._delete()
            return False
        if status == "UPDATE_ROLLBACK_FAILED":
            raise DeployFailed(
                f"{self.name} could not be rolled back: mend what its events name, then "
                f"`aws cloudformation continue-update-rollback --stack-name {self.name}`"
            )
        if status.endswith("_IN_PROGRESS") and status != _ONLY_PLANNED:
            raise DeployFailed(f"{self.name} is in {status}: wait until that has ended")
        return status != _ONLY_PLANNED

    def change(
        self,
        kind: str,
        template_url: str,
        parameters: Parameters,
        imported: Sequence[Mapping[str, Any]] = (),
    ) -> bool:
        """Carry out a change set of the kind CREATE, UPDATE or IMPORT; False if it changes nothing.

        `imported` is what an IMPORT takes in. Raises DeployFailed.
        """
        if self._status() is not None:
            # One that nobody carried out: a deployment was interrupted.
            self.client.delete_change_set(StackName=self.name, ChangeSetName=_CHANGE_SET)
        self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=_CHANGE_SET,
            ChangeSetType=kind,
            TemplateURL=template_url,
            Capabilities=_CAPABILITIES,
            Parameters=parameters,
            **({"ResourcesToImport": imported} if imported else {}),
        )
        if not self._is_ready():
            self.say("nothing to change")
            return False
        self._show()
        self.client.execute_change_set(StackName=self.name, ChangeSetName=_CHANGE_SET)
        self._wait(f"stack_{kind.lower()}_complete")
        return True

    def template(self) -> dict[str, Any]:
        """What stands, after its transforms."""
        body = self.client.get_template(StackName=self.name, TemplateStage="Processed")
        found = body["TemplateBody"]
        template: dict[str, Any] = yaml.safe_load(found) if isinstance(found, str) else dict(found)
        return template

    def physical_ids(self) -> set[str]:
        """What AWS calls the resources of the stack."""
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            row["PhysicalResourceId"]
            for page in pages
            for row in page["StackResourceSummaries"]
            if row.get("PhysicalResourceId") and row["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def outputs(self) -> dict[str, str]:
        """What the stack says of itself."""
        found = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {row["OutputKey"]: row["OutputValue"] for row in found.get("Outputs", [])}

    def _status(self) -> str | None:
        try:
            found = self.client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return str(found[0]["StackStatus"]) if found else None

    def _delete(self) -> None:
        self.client.delete_stack(StackName=self.name)
        self._wait("stack_delete_complete")

    def _wait(self, event: str) -> None:
        try:
            self.client.get_waiter(event).wait(StackName=self.name, WaiterConfig=self._patience())
        except WaiterError as error:
            raise DeployFailed(self._reasons() or str(error)) from error

    def _patience(self) -> dict[str, Any]:
        return {"Delay": self.look_seconds, "MaxAttempts": int(3600 / self.look_seconds)}

    def _is_ready(self) -> bool:
        """Whether the change set changes something. Raises DeployFailed when it is refused."""
        waiter = self.client.get_waiter("change_set_create_complete")
        asked = {"StackName": self.name, "ChangeSetName": _CHANGE_SET}
        try:
            waiter.wait(**asked, WaiterConfig=self._patience())
        except WaiterError as error:
            found = self.client.describe_change_set(**asked)
            reason = str(found.get("StatusReason", error))
            self.client.delete_change_set(**asked)
            if "didn't contain changes" in reason or "No updates" in reason:
                return False
            raise DeployFailed(reason) from error
        return True

    def _show(self) -> None:
        pages = self.client.get_paginator("describe_change_set").paginate(
            StackName=self.name, ChangeSetName=_CHANGE_SET
        )
        for change in itertools.chain.from_iterable(page.get("Changes", ()) for page in pages):
            resource = change["ResourceChange"]
            lost = " (replaced: what it holds is lost)" * (resource.get("Replacement") == "True")
            self.say(f"{resource['Action'].lower():<8} {resource['LogicalResourceId']}{lost}")

    def _reasons(self) -> str:
        """What failed since the last thing was begun; events come newest first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=self.name)
        events = itertools.chain.from_iterable(page["StackEvents"] for page in pages)
        return "\n".join(
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in itertools.takewhile(self._is_later_than_start, events)
            if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
        )

    def _is_later_than_start(self, event: Mapping[str, Any]) -> bool:
        return event["LogicalResourceId"] != self.name or event["ResourceStatus"] not in _BEGUN
