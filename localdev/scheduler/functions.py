"""The app's own schedules, `@app.schedule`: rules of EventBridge that call a function, in UTC."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from chalice.app import Chalice, ScheduledEventConfig
from chalice.local import LambdaContext

from localdev import application
from localdev.ministack import ACCOUNT_ID
from localdev.scheduler.book import Book
from localdev.scheduler.clock import Clock
from localdev.scheduler.delivery import FUNCTION_PREFIX, Undeliverable
from localdev.scheduler.errors import ConflictException

GROUP = "functions"
RETRIES = 2
"""What Lambda does with an event whose function fails."""

Handler = Callable[[dict[str, Any], LambdaContext], Any]

log = logging.getLogger("localdev.scheduler")


class Functions:
    """The functions of an app that schedules call, by name."""

    def __init__(self, load: Callable[[], Chalice]) -> None:
        """`load` gives the app, when it is first needed."""
        self._load = load
        self._handlers: dict[str, Handler] = {}

    def enter(self, book: Book, clock: Clock) -> None:
        """Make the book hold exactly the app's schedules, in a group of their own."""
        app = self._load()
        expressions = dict(_declared(app))
        self._handlers = {name: app.handler_map[name] for name in expressions}
        with suppress(ConflictException):
            book.create_group(GROUP, clock.now())
        for schedule in book.schedules():
            if schedule.group == GROUP and schedule.name not in expressions:
                book.delete(GROUP, schedule.name)
        for name, expression in expressions.items():
            wanted = _wanted(name, expression)
            try:
                book.create(GROUP, name, wanted, token=None, now=clock.now())
            except ConflictException:
                book.update(GROUP, name, wanted, clock.now())

    def call(self, name: str, event: dict[str, Any]) -> None:
        """Call a function. Raises Undeliverable when it fails or is not there."""
        if name not in self._handlers:
            raise Undeliverable(f"the app has no function {name} that schedules call")
        config = application.config(name)
        seconds = config.lambda_timeout or application.DEFAULT_TIMEOUT
        context = LambdaContext(name, config.lambda_memory_size, seconds * 1000)
        context.invoked_function_arn = FUNCTION_PREFIX + name
        try:
            self._handlers[name](event, context)
        except Exception as error:
            log.exception("%s failed", name)
            raise Undeliverable(f"{name} failed: {type(error).__name__}") from error


def _declared(app: Chalice) -> Iterator[tuple[str, str]]:
    """Names and expressions of what the app declared with `schedule`."""
    for declared in app.event_sources:
        if isinstance(declared, ScheduledEventConfig):
            expression = declared.schedule_expression
            text = expression if isinstance(expression, str) else expression.to_string()
            yield declared.name, text


def _wanted(name: str, expression: str) -> dict[str, Any]:
    return {
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": FUNCTION_PREFIX + name,
            "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/events",
            "RetryPolicy": {"MaximumRetryAttempts": RETRIES, "MaximumEventAgeInSeconds": 3600},
        },
    }
