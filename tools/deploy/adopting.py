"""Takes into a stack what an earlier one left: tables and buckets that outlive their stack.

A deployment that fails leaves them under their names, and so does a stack that was deleted; the
next one could not make them anew. CloudFormation imports them: into a new stack before all else, or
into the stack that stands. An import knows no transforms and changes nothing else, and so it gets
what stands, as it was made, and beside it only what is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tools.deploy.filling import fill

MakeClient = Callable[[str], Any]
Template = dict[str, Any]

_NAMED_BY = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources")


def left(make_client: MakeClient, template: Template, known: Mapping[str, str]) -> dict[str, str]:
    """What the template keeps beyond the stack and what is there: name by logical id.

    `known` are the values that names are made of: Stage and AWS::AccountId.
    """
    kept = {
        logical_id: (resource["Type"], filled(resource["Properties"], known))
        for logical_id, resource in template["Resources"].items()
        if resource.get("DeletionPolicy") == "Retain" and resource["Type"] in _NAMED_BY
    }
    return {
        logical_id: name
        for logical_id, (kind, name) in kept.items()
        if _THERE[kind](make_client, name)
    }


def filled(properties: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """The name that a table, a bucket or a function will have."""
    fields = (*_NAMED_BY.values(), "FunctionName")
    name = next(properties[field] for field in fields if field in properties)
    return fill(str(name["Fn::Sub"] if isinstance(name, dict) else name), known)


def to_import(template: Template, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The resources as a change set of the kind IMPORT takes them."""
    kinds = {logical_id: template["Resources"][logical_id]["Type"] for logical_id in names}
    return [
        {
            "ResourceType": kinds[logical_id],
            "LogicalResourceId": logical_id,
            "ResourceIdentifier": {_NAMED_BY[kinds[logical_id]]: name},
        }
        for logical_id, name in names.items()
    ]


def grown(standing: Template, template: Template, names: Mapping[str, str]) -> Template:
    """The template that stands (empty where none does) and the imported resources beside it."""
    imported = {logical_id: template["Resources"][logical_id] for logical_id in names}
    return {
        **standing,
        **{title: template.get(title, {}) | standing.get(title, {}) for title in _SECTIONS},
        "Resources": standing.get("Resources", {}) | imported,
    }


def _table_is_there(make_client: MakeClient, name: str) -> bool:
    client = make_client("dynamodb")
    try:
        client.describe_table(TableName=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _bucket_is_there(make_client: MakeClient, name: str) -> bool:
    try:
        make_client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise
    return True


_THERE = {"AWS::DynamoDB::Table": _table_is_there, "AWS::S3::Bucket": _bucket_is_there}
