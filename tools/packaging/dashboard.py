"""The dashboard: what an operator looks at first, from top to bottom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from localdev import template as templates
from tools.packaging.functions import Function

_WIDTH, _HEIGHT, _A_ROW = 12, 6, 2
_BUSINESS = {
    "What runs find": ("ProfilesJudged", "BotsDropped", "LeadsFound"),
    "What runs cost": ("UpstreamCalls", "UpstreamRows", "LanguageModelTokens"),
    "What is wrong": ("ProviderFailures", "RunsStoodStill", "RunsFailed"),
    "What drifted": ("StripeDrifted", "CreditsDrifted", "SchedulesDrifted"),
}


def dashboard(template: dict[str, Any], functions: Sequence[Function]) -> dict[str, Any]:
    """The AWS::CloudWatch::Dashboard of a stage."""
    widgets = [_placed(index, each) for index, each in enumerate(_graphs(template, functions))]
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": {"Fn::Sub": "ctgo-${Stage}"},
            "DashboardBody": {"Fn::Sub": json.dumps({"widgets": widgets})},
        },
    }


def _graphs(template: dict[str, Any], functions: Sequence[Function]) -> Iterator[dict[str, Any]]:
    queues = list(templates.properties(template, "AWS::SQS::Queue"))
    waiting = [name for name in queues if not name.endswith("DeadLetters")]
    dead = [name for name in queues if name.endswith("DeadLetters")]
    gateway = ["AWS/ApiGateway", "{}", "ApiName", "ctgo-${Stage}"]
    yield _graph("Requests, refused and failed", "Sum", _each(gateway, "Count 4XXError 5XXError"))
    yield _graph("Latency, p95", "p95", _each(gateway, "Latency IntegrationLatency"))
    yield _graph("Oldest message, seconds", "Maximum", _of_queues(waiting, "AgeOfOldestMessage"))
    yield _graph("Dead letters", "Maximum", _of_queues(dead, "NumberOfMessagesVisible"))
    for title, names in _BUSINESS.items():
        ours = ["ctgo-${Stage}", "{}", "service", "ctgo"]
        yield _graph(title, "Sum", _each(ours, " ".join(names)))
    yield _graph("Cold starts of the API", "Sum", [["ctgo-${Stage}", "ApiColdStarts"]])
    for metric, statistic in (("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "p95")):
        rows = [["AWS/Lambda", metric, "FunctionName", _named(each)] for each in functions]
        yield _graph(f"{metric} of functions", statistic, rows)
    yield _graph(
        "Functions at work",
        "Maximum",
        [["AWS/Lambda", "ConcurrentExecutions", "FunctionName", _named(e)] for e in functions],
    )


def _named(function: Function) -> str:
    return f"ctgo-${{Stage}}-{function.name}"


def _each(pattern: list[str], names: str) -> list[list[str]]:
    return [[part.replace("{}", name) for part in pattern] for name in names.split()]


def _of_queues(queues: list[str], metric: str) -> list[list[str]]:
    return [["AWS/SQS", f"Approximate{metric}", "QueueName", f"${{{q}.QueueName}}"] for q in queues]


def _graph(title: str, statistic: str, metrics: list[list[str]]) -> dict[str, Any]:
    return {
        "type": "metric",
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": {
            "title": title,
            "region": "${AWS::Region}",
            "stat": statistic,
            "period": 300,
            "metrics": metrics,
        },
    }


def _placed(index: int, graph: dict[str, Any]) -> dict[str, Any]:
    return {**graph, "x": index % _A_ROW * _WIDTH, "y": index // _A_ROW * _HEIGHT}
