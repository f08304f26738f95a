"""(b) FastAPI behind Mangum, with a response model."""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import FastAPI, Header
from mangum import Mangum
from pydantic import BaseModel
from two_calls import me

DIGEST = os.environ["BENCH_DIGEST"]
app = FastAPI()


class Me(BaseModel):
    """The answer."""

    name: str
    email: str
    subscriptionStatus: str
    isFreeTier: bool
    accounts: list[dict[str, Any]]
    credits: dict[str, Any]
    totals: dict[str, int]


@app.get("/api/v2/me")
def get_me(authorization: Annotated[str, Header()]) -> Me:  # noqa: ARG001 - FastAPI checks it
    """Show who the key belongs to."""
    return Me(**me(DIGEST))


handler = Mangum(app, lifespan="off")
