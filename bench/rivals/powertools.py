"""(c) Powertools' resolver; with VALIDATE=1 it checks answers as FastAPI does."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from two_calls import me

DIGEST = os.environ["BENCH_DIGEST"]
app = APIGatewayRestResolver(enable_validation=os.environ.get("VALIDATE") == "1")


@app.get("/api/v2/me")
def get_me() -> dict[str, Any]:
    """Show who the key belongs to."""
    return me(DIGEST)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer API Gateway."""
    return app.resolve(event, context)
