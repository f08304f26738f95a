"""(a) A handler without a framework."""

from __future__ import annotations

import json
import os
from typing import Any

from two_calls import me

DIGEST = os.environ["BENCH_DIGEST"]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer API Gateway."""
    if not event["headers"].get("Authorization", "").startswith("Bearer "):
        return {"statusCode": 401, "headers": {}, "body": "{}"}
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(me(DIGEST)),
    }
