"""What Chalice's template lacks or has wrong, put right in the merged one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from localdev import template as templates
from tools.packaging.functions import Function
from tools.packaging.trimming import ROOTS_FILE

Template = dict[str, Any]

FEW_WORKERS = 5
"""Invocations at once of a queue's function where the stage reserves none."""
LEAST_WORKERS = 2
"""Lambda bounds the invocations by a queue to no fewer (its API, "ScalingConfig")."""
_NOTHING = {"Ref": "AWS::NoValue"}


class TooFewWorkers(ValueError):
    """A stage reserves fewer places than a queue's function needs; the message says for which."""


def mend(template: Template, stage: str, functions: Sequence[Function]) -> Template:
    """Change the merged template in place, and return it. Raises TooFewWorkers."""
    resources = template["Resources"]
    template["Parameters"]["Stage"] |= {"AllowedValues": [stage], "Default": stage}
    for function in functions:
        _mend_function(resources[function.logical_id], function)
        _mend_log(resources, function)
        if function.queue:
            queue = _queue_id(template, function.queue)
            _mend_source(resources[function.logical_id], queue)
            if _may_send(resources[function.role_id], queue):
                resources[function.logical_id]["Properties"]["RecursiveLoop"] = "Allow"
        _mend_role(resources[function.role_id])
    for name in templates.properties(template, "AWS::DynamoDB::Table"):
        _protect(resources[name], stage)
    if stage != "prod":
        _let_go(resources)
    return template


def _if(condition: str, then: Any, otherwise: Any = _NOTHING) -> dict[str, Any]:
    return {"Fn::If": [condition, then, otherwise]}


def _mend_function(resource: dict[str, Any], function: Function) -> None:
    properties = resource["Properties"]
    # A name that is known beforehand lets the role name the log, and nothing but it.
    properties["FunctionName"] = {"Fn::Sub": f"ctgo-${{Stage}}-{function.name}"}
    properties["Tracing"] = _if("IsTraced", "Active", "PassThrough")
    properties["CodeUri"] = "./deployment.zip"
    properties["Environment"]["Variables"] |= {
        "STAGE": {"Ref": "Stage"},
        "AWS_ACCOUNT_ID": {"Ref": "AWS::AccountId"},
        "AWS_CA_BUNDLE": f"/var/task/{ROOTS_FILE}",
        "BASE_URL": {"Ref": "BaseUrl"},
        "MAIL_SENDER": {"Ref": "MailSender"},
        "SECRETS": {"Fn::Sub": "ctgo/${Stage}/settings"},
        "TRACING": {"Ref": "Tracing"},
        "UI_ORIGIN": {"Ref": "UiOrigin"},
    }
    resource["DependsOn"] = function.log_group_id


def _mend_log(resources: dict[str, Any], function: Function) -> None:
    """Chalice 1.34 names the log after `ApiHandler`, which its own template calls APIHandler."""
    log = resources[function.log_group_id]
    log["Properties"]["LogGroupName"] = {"Fn::Sub": f"/aws/lambda/ctgo-${{Stage}}-{function.name}"}
    log |= {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}


def _mend_role(resource: dict[str, Any]) -> None:
    """X-Ray and a key of one's own are switched on by parameters, and need their rights then."""
    trace = {
        "Effect": "Allow",
        "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "Resource": "*",  # X-Ray knows no narrower resource for these two
    }
    resource["Properties"]["Policies"] += [
        _if("IsTraced", _policy("trace", trace)),
        _if("HasKey", _policy("use-key", *_use_of_key())),
    ]


def _use_of_key() -> list[dict[str, Any]]:
    """What DynamoDB's guide asks of whoever uses a table under a key of one's own.

    DynamoDB uses the key in the caller's name, and may hand the use on to AWS; nothing else may.
    """
    through = {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}
    use = {
        "Effect": "Allow",
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        "Resource": {"Ref": "KmsKeyArn"},
        "Condition": {"StringEquals": through},
    }
    hand_on = {
        "Effect": "Allow",
        "Action": "kms:CreateGrant",
        "Resource": {"Ref": "KmsKeyArn"},
        "Condition": {"StringEquals": through, "Bool": {"kms:GrantIsForAWSResource": "true"}},
    }
    return [use, hand_on]


def _policy(name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"PolicyName": name, "PolicyDocument": document}


def _mend_source(resource: dict[str, Any], queue_id: str) -> None:
    """The queue by reference, so that it is made first; no more workers than are reserved."""
    properties = resource["Properties"]
    (source,) = properties["Events"].values()
    source["Properties"] |= {
        "Queue": {"Fn::GetAtt": [queue_id, "Arn"]},
        "ScalingConfig": {"MaximumConcurrency": workers_of(properties)},
    }


def workers_of(properties: Mapping[str, Any]) -> int:
    """Invocations at once of a queue's function. Raises TooFewWorkers."""
    workers = int(properties.get("ReservedConcurrentExecutions", FEW_WORKERS))
    if workers < LEAST_WORKERS:
        raise TooFewWorkers(
            f"{properties['Handler']} reserves {workers} concurrent executions in "
            f".chalice/config.json: a function with a queue needs {LEAST_WORKERS}"
        )
    return workers


def _may_send(role: dict[str, Any], queue_id: str) -> bool:
    """Whether a function hands work on to the queue that feeds it.

    Lambda takes that for a mistake, and stops a chain of messages after 16 of its invocations: a
    webhook that waits for hours, a run that is watched for hours, a long read.
    """
    (policy,) = role["Properties"]["Policies"]
    return any(
        "sqs:SendMessage" in statement["Action"]
        and {"Fn::GetAtt": [queue_id, "Arn"]} in statement["Resource"]
        for statement in policy["PolicyDocument"]["Statement"]
    )


def _queue_id(template: Template, name: str) -> str:
    """The logical id of a queue. Raises LookupError when infra/resources.yaml has none."""
    for logical_id, found in templates.properties(template, "AWS::SQS::Queue").items():
        if found["QueueName"] == {"Fn::Sub": f"ctgo-${{Stage}}-{name}"}:
            return logical_id
    raise LookupError(f"infra/resources.yaml declares no queue {name}")


def _let_go(resources: Template) -> None:
    """All but prod can be thrown away, with what it holds."""
    for resource in resources.values():
        if "DeletionPolicy" in resource:
            resource |= {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}


def _protect(resource: dict[str, Any], stage: str) -> None:
    properties = resource["Properties"]
    kept = resource["DeletionPolicy"] == "Retain"
    properties["DeletionProtectionEnabled"] = stage == "prod" and kept
    key = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "KmsKeyArn"}}
    properties["SSESpecification"] = _if("HasKey", key)
