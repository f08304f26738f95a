"""What every rival does behind its framework: the two calls of `GET /me`, through boto3.

The same calls as ctgo's, with the same expressions: the key is hashed, checked and counted in one
conditional write, and the user's rows are read.
"""

from __future__ import annotations

import hmac
import math
import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

KEYS = os.environ["BENCH_KEYS_TABLE"]
WORKSPACE = os.environ["BENCH_WORKSPACE_TABLE"]
PEPPER = os.environ["KEY_PEPPER"].encode()
LIMIT = int(os.environ["REQUESTS_PER_MINUTE"])
SLOTS = 12
_client = boto3.client("dynamodb")
_read = TypeDeserializer().deserialize


class Refused(Exception):
    """There is no such key."""


def me(authorization: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The answer and its headers. Raises Refused."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.startswith("ctgo_"):
        raise Refused
    user_id, headers = _admitted(hmac.digest(PEPPER, key.encode(), "sha256").hex())
    return _shown(_rows(user_id)), headers


def _admitted(digest: str) -> tuple[str, dict[str, str]]:
    now = time.time()
    minute = int(now // 60)
    own = f"requests_{minute % SLOTS}"
    others = ", ".join(f"requests_{n}" for n in range(SLOTS) if n != minute % SLOTS)
    try:
        old = _client.update_item(
            TableName=KEYS,
            Key={"digest": {"S": digest}},
            UpdateExpression=f"SET #minute = :minute, last_used_at = :now "
            f"ADD {own} :one REMOVE {others}",
            ConditionExpression="attribute_exists(digest) AND is_revoked = :no",
            ExpressionAttributeNames={"#minute": "minute"},
            ExpressionAttributeValues={
                ":minute": {"N": str(minute)},
                ":one": {"N": "1"},
                ":no": {"BOOL": False},
                ":now": {"S": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")},
            },
            ReturnValues="ALL_OLD",
        )["Attributes"]
    except _client.exceptions.ConditionalCheckFailedException:
        raise Refused from None
    left = LIMIT - int(old.get(own, {"N": "0"})["N"]) - 1
    return old["user_id"]["N"], {
        "X-RateLimit-Limit": str(LIMIT),
        "X-RateLimit-Remaining": str(max(0, left)),
        "X-RateLimit-Reset": str(math.ceil(60 - now % 60)),
    }


def _rows(user_id: str) -> list[dict[str, Any]]:
    found = _client.query(
        TableName=WORKSPACE,
        KeyConditionExpression="user_id = :user AND #key BETWEEN :first AND :last",
        ExpressionAttributeNames={"#key": "key"},
        ExpressionAttributeValues={
            ":user": {"N": user_id},
            ":first": {"S": "account"},
            ":last": {"S": "self~"},
        },
        ConsistentRead=True,
    )
    return [{name: _read(value) for name, value in row.items()} for row in found["Items"]]


def _shown(rows: list[dict[str, Any]]) -> dict[str, Any]:
    owner = next(row for row in rows if "email" in row)
    balance = _number(owner.get("credits", 0))
    return {
        "name": owner["name"],
        "email": owner["email"],
        "subscriptionStatus": owner["status"],
        "isFreeTier": owner["status"] == "free_user",
        "accounts": [],
        "credits": {
            "balance": balance,
            "lowBalanceThreshold": 10,
            "isLow": balance <= 10,
            "autoTopupEnabled": False,
        },
        "totals": {"monthlyRetestRemaining": 0, "dailySyncRemaining": 0},
    }


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value
