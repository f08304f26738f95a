"""Powertools' logger and metrics, made once; the tracer only where X-Ray is switched on."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="ctgo", use_rfc3339=True, utc=True)
metrics = Metrics(namespace="ctgo", service="ctgo")
