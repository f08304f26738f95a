"""A stage of two tables, a bucket and a queue, as `tools.packaging` would leave it in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from localdev import environment
from tools.deploy.deploying import deploy

STAGE = "prod"
PARAMETERS = {"MailSender": "ctgo@example.org", "Note": "one"}
Template = dict[str, Any]


def table(name: str) -> dict[str, Any]:
    """A table that outlives its stack."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "TableName": {"Fn::Sub": f"ctgo-${{Stage}}-{name}"},
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    }


def a_template() -> Template:
    """A template with a transform, as ours has one."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {
            "Stage": {"Type": "String", "Default": STAGE},
            "MailSender": {"Type": "String"},
            "Note": {"Type": "String"},
        },
        "Resources": {
            "LeadsTable": table("leads"),
            "FilesBucket": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {"BucketName": {"Fn::Sub": "ctgo-${Stage}-files-${AWS::AccountId}"}},
            },
            "RunsQueue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": {"Fn::Sub": "ctgo-${Stage}-runs"}},
            },
        },
        "Outputs": {"Note": {"Value": {"Ref": "Note"}}},
    }


def cannot_be_made(*after: str) -> dict[str, Any]:
    """A resource that fails, once those named are there."""
    return {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "DependsOn": list(after),
        "Properties": {"RestApiId": "none", "ResponseType": "THROTTLED"},
    }


class Account:
    """An emulated AWS account, and what an operator does with it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self.said: list[str] = []

    def client(self, service: str) -> Any:
        return environment.client(service, self._url)

    def deploy(self, template: Template, **parameters: Any) -> dict[str, str]:
        """Deploy with the usual parameters and these; None leaves one out."""
        stated = {
            name: value for name, value in (PARAMETERS | parameters).items() if value is not None
        }
        (self._folder / "template.yaml").write_text(yaml.safe_dump(template))
        (self._folder / "deployment.zip").write_bytes(b"code")
        self.said.clear()
        return deploy(
            self.client,
            STAGE,
            self._folder,
            stated,
            bucket="ctgo-archives",
            say=self.said.append,
            look_seconds=0.05,
        )

    def handed_over(self) -> Template:
        """The template that CloudFormation was given last."""
        kept = self.client("s3").get_object(Bucket="ctgo-archives", Key=f"{STAGE}/template.yaml")
        template: Template = yaml.safe_load(kept["Body"].read())
        return template

    def tables(self) -> list[str]:
        """Our tables, but those of the tests' own stage."""
        names = self.client("dynamodb").list_tables()["TableNames"]
        return [name for name in names if name.startswith(f"ctgo-{STAGE}-")]

    def owned(self) -> set[str]:
        """The logical ids of what the stack holds."""
        client = self.client("cloudformation")
        rows = client.describe_stack_resources(StackName=f"ctgo-{STAGE}")["StackResources"]
        return {row["LogicalResourceId"] for row in rows}

    def status(self) -> str:
        found = self.client("cloudformation").describe_stacks(StackName=f"ctgo-{STAGE}")
        return str(found["Stacks"][0]["StackStatus"])


@pytest.fixture
def account(aws: str, tmp_path: Path) -> Account:
    return Account(aws, tmp_path)
