"""The pump keeps SQS's promises: success deletes, failure comes back, and then is set aside."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from localdev import environment
from localdev.children import Child
from localdev.pump import POLL_SECONDS, Pump, Source, sources
from localdev.waiting import until
from tests.localdev.tiny_app import app

QUEUE, DLQ = "tiny-local-jobs", "tiny-local-jobs-dlq"
Handler = Callable[[dict[str, Any], Any], Any]


class Queue:
    """The jobs queue as its sender and its operator see it."""

    def __init__(self, aws_url: str) -> None:
        self._sqs = environment.client("sqs", aws_url)

    def send(self, body: str, **more: Any) -> str:
        return str(
            self._sqs.send_message(QueueUrl=self._url(QUEUE), MessageBody=body, **more)["MessageId"]
        )

    def allow(self, receives: int) -> None:
        """How often a message may be received before it is set aside."""
        target = f"arn:aws:sqs:us-east-1:000000000000:{DLQ}"
        policy = {"deadLetterTargetArn": target, "maxReceiveCount": receives}
        attributes = {"RedrivePolicy": json.dumps(policy)}
        self._sqs.set_queue_attributes(QueueUrl=self._url(QUEUE), Attributes=attributes)

    def counts(self, queue: str = QUEUE) -> tuple[int, int]:
        """Messages that wait and messages in somebody's hands."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=names)
        return tuple(int(found["Attributes"][name]) for name in names)  # type: ignore[return-value]

    def _url(self, queue: str) -> str:
        return str(self._sqs.get_queue_url(QueueName=queue)["QueueUrl"])


@pytest.fixture
def queue(tiny_url: str) -> Queue:
    return Queue(tiny_url)


@contextmanager
def pumping(aws_url: str, handler: Handler, **changes: Any) -> Iterator[None]:
    ending = threading.Event()
    source = Source(function="work", queue=QUEUE, handler=handler, **changes)
    pump = Pump(source, environment.client("sqs", aws_url), ending)
    pump.start()
    try:
        yield
    finally:
        ending.set()
        pump.finish()


def test_queues_come_from_the_apps_own_declarations() -> None:
    (source,) = sources(app)
    assert (source.function, source.queue, source.batch_size) == ("work", QUEUE, 1)
    assert source.timeout == 60


def test_success_deletes_and_the_event_is_lambdas(tiny_url: str, queue: Queue) -> None:
    seen: list[tuple[dict[str, Any], Any]] = []
    attribute = {"kind": {"DataType": "String", "StringValue": "note"}}
    message_id = queue.send("hello", MessageAttributes=attribute)

    with pumping(tiny_url, lambda event, context: seen.append((event, context)), timeout=7):
        until(lambda: seen and queue.counts() == (0, 0), seconds=30, what="the deletion")

    event, context = seen[0]
    (record,) = event["Records"]
    assert (record["messageId"], record["body"]) == (message_id, "hello")
    assert record["eventSourceARN"].endswith(f":{QUEUE}")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["kind"]["stringValue"] == "note"
    assert record["receiptHandle"]
    assert 0 < context.get_remaining_time_in_millis() <= 7000
    assert context.aws_request_id


def test_failure_comes_back_after_the_visibility_time_out(tiny_url: str, queue: Queue) -> None:
    tries: list[float] = []

    def handler(event: dict[str, Any], _: Any) -> None:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise ValueError("on purpose")

    queue.send("hello")
    with pumping(tiny_url, handler):
        until(lambda: len(tries) == 2 and queue.counts() == (0, 0), seconds=30, what="the retry")

    assert tries[1] - tries[0] >= 0.9
    assert queue.counts(DLQ) == (0, 0)


def test_what_fails_too_often_is_set_aside(tiny_url: str, queue: Queue) -> None:
    tries: list[str] = []

    def handler(event: dict[str, Any], _: Any) -> None:
        tries.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
        raise ValueError("on purpose")

    queue.send("hello")
    with pumping(tiny_url, handler):
        until(lambda: queue.counts(DLQ) == (1, 0), seconds=30, what="the dead-letter queue")

    assert tries == ["1", "2"]
    assert queue.counts() == (0, 0)


def test_a_handler_that_overruns_has_failed(tiny_url: str, queue: Queue) -> None:
    def handler(event: dict[str, Any], context: Any) -> None:
        until(lambda: context.get_remaining_time_in_millis() < 0, seconds=30, what="the time-out")

    queue.send("hello")
    with pumping(tiny_url, handler, timeout=0.1):
        until(lambda: queue.counts(DLQ) == (1, 0), seconds=30, what="the dead-letter queue")


def test_messages_are_handled_at_the_same_time_but_not_too_many(
    tiny_url: str, queue: Queue
) -> None:
    running: list[int] = []
    most: list[int] = []
    together = threading.Barrier(3)

    def handler(event: dict[str, Any], _: Any) -> None:
        running.append(1)
        most.append(len(running))
        together.wait(timeout=30)
        running.pop()

    for number in range(6):
        queue.send(str(number))
    with pumping(tiny_url, handler, concurrency=3):
        until(lambda: len(most) == 6 and queue.counts() == (0, 0), seconds=30, what="all six")

    assert max(most) == 3


def test_a_batch_is_one_call(tiny_url: str, queue: Queue) -> None:
    sizes: list[int] = []
    for number in range(10):
        queue.send(str(number))
    with pumping(tiny_url, lambda event, _: sizes.append(len(event["Records"])), batch_size=10):
        until(lambda: sum(sizes) == 10 and queue.counts() == (0, 0), seconds=30, what="all ten")
    assert max(sizes) > 1


def test_an_idle_queue_answers_fast(tiny_url: str, queue: Queue) -> None:
    arrived = threading.Event()
    delays: list[float] = []
    with pumping(tiny_url, lambda *_: arrived.set()):
        for _ in range(10):
            arrived.clear()
            sent = time.monotonic()
            queue.send("hello")
            assert arrived.wait(30)
            delays.append(time.monotonic() - sent)
    # In the middle of a poll, that is, and not at its end.
    assert min(delays) < POLL_SECONDS / 2


def test_a_queue_that_is_not_there_yet_is_waited_for(aws_url: str) -> None:
    sqs = environment.client("sqs", aws_url)
    arrived = threading.Event()
    with pumping(aws_url, lambda *_: arrived.set()):
        url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        assert arrived.wait(30)


def test_a_killed_worker_loses_nothing(tiny_url: str, queue: Queue, tmp_path: Path) -> None:
    dynamodb = environment.client("dynamodb", tiny_url)
    env = environment.isolated() | {"AWS_ENDPOINT_URL": tiny_url}
    module = ["localdev.pump", "--app", "tests.localdev.tiny_app:app"]
    first, second = (Child(f"pump{n}", module, log=tmp_path / "pump.log", env=env) for n in "12")

    def row() -> dict[str, Any]:
        key = {"id": {"S": "job"}}
        return dict(dynamodb.get_item(TableName="tiny-local-notes", Key=key).get("Item", {}))

    # A long poll that outlives its process may count as one more receive.
    queue.allow(receives=5)
    first.start()
    queue.send(json.dumps({"id": "job", "hang": True}))
    until(lambda: row().get("received") == {"N": "1"}, seconds=30, what="the first delivery")
    first.send(signal.SIGKILL)
    first.wait()
    second.start()
    until(lambda: int(row()["received"]["N"]) > 1, seconds=30, what="the second delivery")
    until(lambda: queue.counts() == (0, 0), seconds=30, what="the deletion")
    second.stop()

    assert first.exit_status == -signal.SIGKILL
    assert second.exit_status == 0, second.last_lines()
    assert queue.counts(DLQ) == (0, 0)


def test_ending_finishes_what_is_in_hand(tiny_url: str, queue: Queue) -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def handler(event: dict[str, Any], _: Any) -> None:
        began.set()
        may_end.wait(30)
        ended.set()

    queue.send("hello")
    with ThreadPoolExecutor(1) as pool:
        with pumping(tiny_url, handler):
            assert began.wait(30)
            pool.submit(may_end.set)
        assert ended.is_set()
    assert queue.counts() == (0, 0)
