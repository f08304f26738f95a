"""Start-up: a fresh process from import to its first answer, beside a bare handler's.

Both run in turn, so that a machine that slows down slows both. `.pyc` files are there for both, as
the packaged function has them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass

from localdev.environment import ROOT

ROUNDS = 25

BARE = """
import json, os, time
began = time.perf_counter()
import boto3
client = boto3.client("dynamodb")
def handler(event, context):
    found = client.get_item(TableName=os.environ["BENCH_TABLE"], Key={"identity": {"S": "nobody"}})
    return {"statusCode": 200, "body": json.dumps("Item" in found)}
answer = handler({}, None)
assert answer["statusCode"] == 200
print(time.perf_counter() - began)
"""

OURS = """
import json, os, time
began = time.perf_counter()
import app
answer = app.app(json.loads(os.environ["BENCH_EVENT"]), None)
assert answer["statusCode"] == 200, answer
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Result:
    """Seconds from import to first answer, and the ratio round by round."""

    bare: float
    ours: float
    ratio: float


def measure(key: str) -> Result:
    """Time both, in turn."""
    os.environ["BENCH_TABLE"] = "ctgo-local-identities"
    os.environ["BENCH_EVENT"] = json.dumps(_event(key))
    _run(BARE), _run(OURS)  # writes the .pyc files
    rounds = [(_run(BARE), _run(OURS)) for _ in range(ROUNDS)]
    return Result(
        bare=statistics.median(bare for bare, _ in rounds),
        ours=statistics.median(ours for _, ours in rounds),
        ratio=statistics.median(ours / bare for bare, ours in rounds),
    )


def _run(code: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.splitlines()[-1])


def _event(key: str) -> dict[str, object]:
    """GET /me as API Gateway hands it on."""
    return {
        "resource": "/api/v2/me",
        "path": "/api/v2/me",
        "httpMethod": "GET",
        "headers": {"Authorization": f"Bearer {key}"},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/api/v2/me",
            "httpMethod": "GET",
            "requestId": "bench",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
