"""With a key of one's own, a function may use it for tables, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from localdev import template as templates
from tools.packaging.template import full_template

_OF_DYNAMODB = {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}


@pytest.fixture(scope="module")
def statements() -> list[list[dict[str, Any]]]:
    """What each function's role may do with the key, if there is one."""
    roles = templates.properties(full_template("prod", "arm64"), "AWS::IAM::Role").values()
    policies = [policy for role in roles for policy in role["Policies"] if "Fn::If" in policy]
    return [
        policy["PolicyDocument"]["Statement"]
        for condition, policy, _ in (each["Fn::If"] for each in policies)
        if condition == "HasKey"
    ]


def test_every_function_may_do_what_dynamodb_asks(statements: list[list[dict[str, Any]]]) -> None:
    assert len(statements) == 8
    for use, hand_on in statements:
        assert {*use["Action"], hand_on["Action"]} == {
            *("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
            *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
            *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
        }


def test_through_dynamodb_and_with_grants_to_aws_alone(
    statements: list[list[dict[str, Any]]],
) -> None:
    for use, hand_on in statements:
        assert use["Resource"] == hand_on["Resource"] == {"Ref": "KmsKeyArn"}
        assert use["Condition"] == {"StringEquals": _OF_DYNAMODB}
        assert hand_on["Condition"] == {
            "StringEquals": _OF_DYNAMODB,
            "Bool": {"kms:GrantIsForAWSResource": "true"},
        }
