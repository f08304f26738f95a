"""(b) FastAPI behind Mangum, with a response model."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Request, Response
from mangum import Mangum
from model import Me
from two_calls import Refused, me

app = FastAPI()


@app.get("/api/v2/me")
def get_me(authorization: Annotated[str, Header()], request: Request, response: Response) -> Me:
    """Show who the key belongs to."""
    try:
        body, headers = me(authorization)
    except Refused:
        raise HTTPException(401) from None
    response.headers.update(headers)
    response.headers["X-Request-Id"] = request.scope["aws.context"].aws_request_id
    return Me(**body)


handler = Mangum(app, lifespan="off")
