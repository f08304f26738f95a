"""Powertools' logger and metrics, made once; the tracer only where X-Ray is switched on."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from chalicelib.settings import settings

logger = Logger(service="ctgo", use_rfc3339=True, utc=True)
for library in ("boto3", "botocore", "httpcore", "httpx", "pynamodb", "stripe", "urllib3"):
    # Whatever level the root logger has: they log bodies, and addresses with tokens in them.
    logging.getLogger(library).setLevel(logging.WARNING)
_metrics = Metrics(namespace=f"ctgo-{settings().stage}", service="ctgo")

_E = TypeVar("_E")
_R = TypeVar("_R")


def count(name: str, number: int) -> None:
    """Add to a business metric, such as LeadsFound; no dimension says whose it was."""
    if number:
        _metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)


def observed(handler: Callable[[_E], None]) -> Callable[[_E], None]:
    """Decorates a handler: names it and its job in the log, sends its metrics, traces its time."""

    @wraps(handler)
    def watched(event: _E) -> None:
        names = _names(event)
        logger.append_keys(function=handler.__name__, **names)
        try:
            with _traced(handler.__name__):
                handler(event)
        except Exception:
            logger.exception("job failed")  # what Lambda itself logs of it names no ids
            raise
        finally:
            logger.remove_keys(list(names))
            _send_metrics()

    return watched


def counted(request: _E, get_response: Callable[[_E], _R]) -> _R:
    """Chalice's middleware of the API: sends what a request counted."""
    try:
        return get_response(request)
    finally:
        _send_metrics()


def _send_metrics() -> None:
    if _metrics.metric_set:
        _metrics.flush_metrics()


IDS = ("user_id", "stream_id", "account_id", "run_id", "batch_no")
"""What a log line says of the work at hand; nothing else of it gets into the log."""


def _names(event: Any) -> dict[str, Any]:
    """The ids in a message, its own, and that of the invocation."""
    context = getattr(event, "context", None)
    names = {"request_id": getattr(context, "aws_request_id", None)}
    for record in event.to_dict().get("Records", ()):
        names["message_id"] = record.get("messageId")
        try:
            job = json.loads(record["body"])
        except (KeyError, ValueError):
            continue
        if isinstance(job, dict):
            names |= {name: job[name] for name in IDS if name in job}
    return {name: value for name, value in names.items() if value is not None}


@contextmanager
def _traced(name: str) -> Iterator[None]:
    if not settings().tracing:
        yield
        return
    # Imported only here: X-Ray's SDK costs 100 ms of start-up even when it is switched off.
    from aws_lambda_powertools import Tracer

    with Tracer(service="ctgo", patch_modules=["botocore"]).provider.in_subsegment(name):
        yield
