"""The map of ctgo: every router and every Lambda handler, one line each. No logic lives here."""

from __future__ import annotations

from chalice.app import Chalice, CORSConfig, SQSEvent

from chalicelib import queues, wiring
from chalicelib.accounts.routes import router as accounts
from chalicelib.http.router import register
from chalicelib.leads.routes import router as leads
from chalicelib.me.routes import router as me
from chalicelib.runs import pipeline
from chalicelib.runs.routes import router as runs
from chalicelib.segments.routes import router as segments
from chalicelib.settings import settings
from chalicelib.streams.routes import router as streams

app = Chalice(app_name="ctgo")
app.api.binary_types = []
cors = CORSConfig(
    allow_origin=settings().ui_origin,
    allow_credentials=True,
    allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
    expose_headers=["X-Request-Id"],
)
register(app, [me, streams, runs, leads, accounts, segments], cors=cors)


@app.on_sqs_message(queue=settings().resource("runs"), batch_size=1)
def start_run(event: SQSEvent) -> None:
    """A trigger becomes runs and one read per account."""
    for message in queues.messages(event):
        pipeline.start(message)


@app.on_sqs_message(queue=settings().resource("scrape"), batch_size=1)
def scrape(event: SQSEvent) -> None:
    """An account's new followers come in batches."""
    for message in queues.messages(event):
        pipeline.read(message, profiles=wiring.profiles())


@app.on_sqs_message(queue=settings().resource("enrich"), batch_size=1)
def enrich(event: SQSEvent) -> None:
    """A batch is filtered, labelled, matched and stored."""
    for message in queues.messages(event):
        pipeline.judge(message)
