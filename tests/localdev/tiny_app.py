"""A Chalice app with the habits, good and bad, that the local runtime has to cope with."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, CORSConfig, Cron, Response, SQSEvent

from localdev import environment

app = Chalice(app_name="tiny")


@app.route(
    "/api/v2/ping", cors=CORSConfig(allow_origin="https://ui.example", allow_credentials=True)
)
def ping() -> dict[str, bool]:
    return {"ok": True}


@app.route("/api/v2/echo", methods=["POST"], content_types=["*/*"])
def echo() -> dict[str, Any]:
    raw = app.current_request.raw_body
    return {"size": len(raw), "head": raw[:100].decode("latin-1")}


@app.route("/api/v2/items/{item_id}", methods=["GET", "DELETE"])
def item(item_id: str) -> dict[str, Any]:
    return {"id": item_id, "requestId": app.current_request.context["requestId"]}


@app.route("/api/v2/heady", methods=["GET", "HEAD"])
def heady() -> dict[str, str]:
    return {"text": "as long as for GET"}


@app.route("/api/v2/cookies")
def cookies() -> Response:
    return Response({}, headers={"Set-Cookie": ["a=1", "b=2"]})


@app.route("/api/v2/nothing", methods=["DELETE"])
def nothing() -> Response:
    return Response(None, status_code=204)


@app.route("/api/v2/unencodable")
def unencodable() -> dict[str, Any]:
    return {"text": object()}


@app.route("/api/v2/raises")
def raises() -> None:
    raise RuntimeError("on purpose")


@app.route("/api/v2/odd-header")
def odd_header() -> Response:
    return Response({}, headers={"X-Odd": "\u2192"})


@app.on_sqs_message(queue="tiny-local-jobs", batch_size=1)
def work(event: SQSEvent) -> None:
    """Count what came in a table. A message {"hang": true} hangs the first time."""
    for record in event:
        job = json.loads(record.body)
        received = int(record.to_dict()["attributes"]["ApproximateReceiveCount"])
        _count(job["id"], received)
        if job.get("hang") and received == 1:
            threading.Event().wait()


@app.schedule(Cron(15, 4, "*", "*", "?", "*"))
def rounds(event: CloudWatchEvent) -> None:
    """Note when it was called."""
    _count(f"rounds at {event.to_dict()['time']}", 1)


def _count(job: str, received: int) -> None:
    dynamodb = environment.client("dynamodb", os.environ["AWS_ENDPOINT_URL"])
    dynamodb.update_item(
        TableName="tiny-local-notes",
        Key={"id": {"S": job}},
        UpdateExpression="SET received = :received, pid = :pid",
        ExpressionAttributeValues={
            ":received": {"N": str(received)},
            ":pid": {"N": str(os.getpid())},
        },
    )
