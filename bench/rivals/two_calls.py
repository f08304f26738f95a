"""What every rival does behind its framework: the two calls of `GET /me`, through boto3."""

from __future__ import annotations

import os
import time
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

KEYS = os.environ["BENCH_KEYS_TABLE"]
WORKSPACE = os.environ["BENCH_WORKSPACE_TABLE"]
_client = boto3.client("dynamodb")
_read = TypeDeserializer().deserialize


def me(digest: str) -> dict[str, Any]:
    """Admit the key, read its user's workspace, and say who that is."""
    admitted = _client.update_item(
        TableName=KEYS,
        Key={"digest": {"S": digest}},
        UpdateExpression="SET bench_used = :now",
        ConditionExpression="attribute_exists(digest)",
        ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        ReturnValues="ALL_NEW",
    )
    user_id = _read(admitted["Attributes"]["user_id"])
    found = _client.query(
        TableName=WORKSPACE,
        KeyConditionExpression="user_id = :user",
        ExpressionAttributeValues={":user": {"N": str(user_id)}},
    )
    rows = [{name: _read(value) for name, value in row.items()} for row in found["Items"]]
    owner = next(row for row in rows if "email" in row)
    return {
        "name": owner["name"],
        "email": owner["email"],
        "subscriptionStatus": owner["status"],
        "isFreeTier": owner["status"] == "free_user",
        "accounts": [],
        "credits": {
            "balance": _number(owner.get("credits", 0)),
            "lowBalanceThreshold": 10,
            "isLow": True,
            "autoTopupEnabled": False,
        },
        "totals": {"monthlyRetestRemaining": 0, "dailySyncRemaining": 0},
    }


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value
