"""The map of ctgo: every room (`rooms.py` lists their routes) and every Lambda handler. No logic.

Rooms and the steps of handlers are imported when they are first needed: a cold start pays for what
one request or one message takes, not for all.
"""

from __future__ import annotations

import gc
import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it looks through every package
gc.disable()  # collecting while hundreds of modules load finds nothing and costs 40 ms

# Before all that needs it, from the shallow end of the stack: from below our own chain of imports,
# the regexes of urllib3 would have Python map and unmap a piece of its stack 2,000 times.
import botocore.session  # noqa: F401
from chalice.app import Chalice, CloudWatchEvent, CORSConfig, Cron, SQSEvent

from chalicelib.http.router import register
from chalicelib.renewal import up_to_date
from chalicelib.rooms import ROOMS, module_of
from chalicelib.settings import settings
from chalicelib.telemetry import counted, observed
from chalicelib.v1 import routes as v1

app = Chalice(app_name="ctgo")
app.api.binary_types = []
cors = CORSConfig(
    allow_origin=settings().ui_origin,
    allow_credentials=True,
    allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
    expose_headers=[
        "X-Request-Id",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "Retry-After",
        "Idempotent-Replayed",
        "Link",
    ],
)
register(app, {module_of(room): routes for room, routes in ROOMS.items()}, cors=cors)
v1.register(app, cors=cors)
app.register_middleware(up_to_date, "all")
app.register_middleware(counted, "http")


@app.on_sqs_message(queue=settings().resource("runs"), batch_size=1)
@observed
def start_run(event: SQSEvent) -> None:
    """A trigger becomes runs and one read per account."""
    from chalicelib import queues
    from chalicelib.runs import pipeline

    for message in queues.messages(event):
        pipeline.start(message)


@app.on_sqs_message(queue=settings().resource("scrape"), batch_size=1)
@observed
def scrape(event: SQSEvent) -> None:
    """An account's new followers come in batches."""
    from chalicelib import queues, wiring
    from chalicelib.runs import pipeline

    for message in queues.messages(event):
        pipeline.read(message, profiles=wiring.profiles())


@app.on_sqs_message(queue=settings().resource("enrich"), batch_size=1)
@observed
def enrich(event: SQSEvent) -> None:
    """A batch is filtered, labelled, matched and stored."""
    from chalicelib import queues, wiring
    from chalicelib.runs import pipeline

    for message in queues.messages(event):
        pipeline.judge(message, second_opinion=wiring.second_opinion(), search=wiring.contacts)


@app.on_sqs_message(queue=settings().resource("billing"), batch_size=1)
@observed
def settle_billing(event: SQSEvent) -> None:
    """An event of Stripe's makes our rows agree with Stripe."""
    from chalicelib import queues, wiring
    from chalicelib.billing.inbox import SettleEvent
    from chalicelib.settlement import settling

    for message in queues.messages(event):
        job = SettleEvent.model_validate_json(message.body)
        settling.settle(job, subscriptions=wiring.subscriptions())


@app.on_sqs_message(queue=settings().resource("deliver"), batch_size=1)
@observed
def deliver(event: SQSEvent) -> None:
    """What was found, or happened, reaches those who asked for it."""
    from chalicelib import queues, wiring
    from chalicelib.delivery import dispatch

    for message in queues.messages(event):
        dispatch.take(message, wiring.delivery())


@app.on_sqs_message(queue=settings().resource("upkeep"), batch_size=1)
@observed
def keep_up(event: SQSEvent) -> None:
    """What had to follow a change of a workspace is made good; one user's night is done."""
    from chalicelib import queues, wiring

    for message in queues.messages(event):
        wiring.caretaker().take(message)


@app.schedule(Cron(40, 2, "*", "*", "?", "*"))
@observed
def nightly(_event: CloudWatchEvent) -> None:
    """Everybody's workspace is compared with what other systems hold."""
    from chalicelib.nightly import walking

    walking.begin()


# What is loaded now stays: later collections need not look at it again.
gc.freeze()
gc.enable()
gc.set_threshold(50_000, 20, 50)  # requests are short; the default would collect within the first
