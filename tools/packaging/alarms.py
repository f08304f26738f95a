"""The alarms: one table of what is watched, each with the page that says what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from localdev import template as templates
from tools.packaging.functions import API, Function

RUNBOOK = "docs/runbook"
OLD_SECONDS = 900
"""A message that waits longer than its queue's longest delay has met no free worker."""
MISSED_HOURS = 25
"""In so many hours the nightly job runs at least once, if a little later than the night before."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A sum or a maximum over `period` seconds that reaches `threshold`, `times` in a row."""

    logical_id: str
    page: str
    says: str
    namespace: Any
    metric: str
    dimensions: dict[str, Any]
    threshold: float = 1
    period: int = 300
    times: int = 1
    statistic: str = "Sum"
    comparison: str = "GreaterThanOrEqualToThreshold"
    missing: str = "notBreaching"

    def resource(self) -> dict[str, Any]:
        """As CloudFormation takes it."""
        topic = [{"Ref": "AlarmTopic"}]
        return {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": {"Fn::Sub": f"ctgo-${{Stage}}-{self.logical_id}"},
                "AlarmDescription": f"{self.says} What to do: {RUNBOOK}/{self.page}.md",
                "Namespace": self.namespace,
                "MetricName": self.metric,
                "Dimensions": [
                    {"Name": name, "Value": value} for name, value in self.dimensions.items()
                ],
                "Statistic": self.statistic,
                "Period": self.period,
                "EvaluationPeriods": self.times,
                "Threshold": self.threshold,
                "ComparisonOperator": self.comparison,
                "TreatMissingData": self.missing,
                "AlarmActions": topic,
                "OKActions": topic,
            },
        }


def alarms(template: dict[str, Any], functions: Sequence[Function]) -> Iterator[Alarm]:
    """Every alarm of a stage."""
    for logical_id in templates.properties(template, "AWS::SQS::Queue"):
        yield _of_queue(logical_id)
    for function in functions:
        yield from _of_function(function)
    yield from _of_api()
    yield from _of_business()


def _of_queue(logical_id: str) -> Alarm:
    dimensions = {"QueueName": {"Fn::GetAtt": [logical_id, "QueueName"]}}
    if logical_id.endswith("DeadLetters"):
        return Alarm(
            logical_id=f"{logical_id}Alarm",
            page="dead-letters",
            says="Messages that nobody could handle.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions=dimensions,
            statistic="Maximum",
        )
    return Alarm(
        logical_id=f"{logical_id}AgeAlarm",
        page="queue-age",
        says="Messages wait too long for a worker.",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        dimensions=dimensions,
        threshold=OLD_SECONDS,
        times=2,
        statistic="Maximum",
    )


def _of_function(function: Function) -> Iterator[Alarm]:
    watched = {
        "namespace": "AWS/Lambda",
        "dimensions": {"FunctionName": {"Ref": function.logical_id}},
    }
    yield Alarm(
        logical_id=f"{function.logical_id}ErrorsAlarm",
        page="api-errors" if function.name == API else "worker-errors",
        says=f"The function {function.name} fails.",
        metric="Errors",
        threshold=1 if function.queue is None else 5,
        **watched,
    )
    yield Alarm(
        logical_id=f"{function.logical_id}ThrottlesAlarm",
        page="throttles",
        says=f"The function {function.name} has no free place to run.",
        metric="Throttles",
        threshold=1 if function.queue is None else 50,
        times=1 if function.queue is None else 3,
        **watched,
    )
    if function.queue is None and function.name != API:
        yield Alarm(
            logical_id=f"{function.logical_id}MissedAlarm",
            page="worker-errors",
            says=f"{function.name} has not run for a day.",
            metric="Invocations",
            # Hours, of which none may have a run: one period of a day would slide past last night's
            # run before this one is counted, and where it is empty CloudWatch goes by older ones.
            period=3600,
            times=MISSED_HOURS,
            comparison="LessThanThreshold",
            missing="breaching",
            **watched,
        )


def _of_api() -> Iterator[Alarm]:
    gateway = {"ApiName": {"Fn::Sub": "ctgo-${Stage}"}}
    yield Alarm(
        logical_id="ApiServerErrorsAlarm",
        page="api-errors",
        says="Callers get 5xx.",
        namespace="AWS/ApiGateway",
        metric="5XXError",
        dimensions=gateway,
        threshold=5,
    )
    yield Alarm(
        logical_id="ApiColdStartsAlarm",
        page="cold-starts",
        says="Unusually many requests wait for a cold start.",
        namespace={"Fn::Sub": "ctgo-${Stage}"},
        metric="ApiColdStarts",
        dimensions={},
        threshold=100,
    )


_BUSINESS = (
    ("ProviderFailures", "provider-down", "X data providers fail.", 20, 300),
    ("RunsStoodStill", "stuck-run", "A run stood still and was taken up again.", 1, 300),
    ("StripeDrifted", "credit-drift", "Stripe's quantities and our rows disagreed.", 1, 3600),
    ("CreditsDrifted", "credit-drift", "A balance and its ledger disagreed.", 1, 3600),
    ("SchedulesDrifted", "schedule-drift", "Schedules and streams disagreed.", 10, 3600),
)
"""What the code counts by chalicelib/telemetry.py: metric, page, sentence, threshold, seconds."""


def _of_business() -> Iterator[Alarm]:
    for metric, page, says, threshold, period in _BUSINESS:
        yield Alarm(
            logical_id=f"{metric}Alarm",
            page=page,
            says=says,
            namespace={"Fn::Sub": "ctgo-${Stage}"},
            metric=metric,
            dimensions={"service": "ctgo"},
            threshold=threshold,
            period=period,
        )
