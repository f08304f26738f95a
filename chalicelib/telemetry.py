"""Powertools' logger and metrics, made once; the tracer only where X-Ray is switched on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from chalicelib.settings import settings

logger = Logger(service="ctgo", use_rfc3339=True, utc=True)
_metrics = Metrics(namespace="ctgo", service="ctgo")

_E = TypeVar("_E")


def count(name: str, number: int) -> None:
    """Add to a business metric, such as LeadsFound; no dimension says whose it was."""
    if number:
        _metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)


def observed(handler: Callable[[_E], None]) -> Callable[[_E], None]:
    """Decorates a queue's handler: names it in the log, sends its metrics, traces its time."""

    @wraps(handler)
    def watched(event: _E) -> None:
        logger.append_keys(function=handler.__name__)
        try:
            with _traced(handler.__name__):
                handler(event)
        finally:
            if _metrics.metric_set:
                _metrics.flush_metrics()

    return watched


@contextmanager
def _traced(name: str) -> Iterator[None]:
    if not settings().tracing:
        yield
        return
    # Imported only here: X-Ray's SDK costs 100 ms of start-up even when it is switched off.
    from aws_lambda_powertools import Tracer

    with Tracer(service="ctgo", patch_modules=["botocore"]).provider.in_subsegment(name):
        yield
