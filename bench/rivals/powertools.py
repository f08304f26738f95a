"""(c) Powertools' resolver."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from two_calls import Refused, me

app = APIGatewayRestResolver()


@app.get("/api/v2/me")
def get_me() -> Response[str]:
    """Show who the key belongs to."""
    try:
        body, headers = me(app.current_event.headers.get("authorization", ""))
    except Refused:
        raise UnauthorizedError("no such key") from None
    headers["X-Request-Id"] = app.lambda_context.aws_request_id
    return Response(200, "application/json", json.dumps(body), headers=headers)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer API Gateway."""
    return app.resolve(event, context)
