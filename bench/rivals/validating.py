"""(c) Powertools' resolver with validation: headers and answers are checked as FastAPI's are."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_lambda_powertools.event_handler.openapi.params import Header
from model import Me
from two_calls import Refused, me

app = APIGatewayRestResolver(enable_validation=True)


@app.get("/api/v2/me")
def get_me(authorization: Annotated[str, Header()]) -> Response[Me]:
    """Show who the key belongs to."""
    try:
        body, headers = me(authorization)
    except Refused:
        raise UnauthorizedError("no such key") from None
    headers["X-Request-Id"] = app.lambda_context.aws_request_id
    return Response(200, "application/json", Me(**body), headers=headers)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer API Gateway."""
    return app.resolve(event, context)
