"""(a) A handler without a framework."""

from __future__ import annotations

import json
from typing import Any

from two_calls import Refused, me


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer API Gateway."""
    try:
        body, headers = me(event["headers"].get("Authorization", ""))
    except Refused:
        return {"statusCode": 401, "headers": {}, "body": "{}"}
    headers |= {"Content-Type": "application/json", "X-Request-Id": context.aws_request_id}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(body)}
