"""Feeds SQS messages to the app's handlers, as Lambda does: `python -m localdev.pump`.

Which queues there are, the app says by its `on_sqs_message` declarations. A batch whose handler
returns in time is deleted; one whose handler raises or overruns is left alone, so that it comes
back after the queue's own visibility time-out and ends in the dead-letter queue of the queue's own
redrive policy. The process may be killed at any moment: what it held comes back the same way.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Chalice, SQSEventConfig
from chalice.local import LambdaContext

from localdev import application, environment, sqs_event
from localdev.ministack import ACCOUNT_ID, REGION

POLL_SECONDS = 1
"""One long poll. Short, because a poll whose process was killed may still swallow a message."""
CONCURRENCY = 5
"""Batches at once per queue: what an event source of Lambda starts with."""
MAX_BATCH = 10
TROUBLE_SECONDS = 0.5
"""Pause after a failed call, be it that the queue is not there yet."""

log = logging.getLogger("localdev.pump")


@dataclass(frozen=True)
class Source:
    """A queue and the function that consumes it. `timeout` is in seconds, `memory` in MB."""

    function: str
    queue: str
    handler: Callable[[dict[str, Any], LambdaContext], Any]
    batch_size: int = 1
    concurrency: int = CONCURRENCY
    timeout: int = application.DEFAULT_TIMEOUT
    memory: int = application.DEFAULT_MEMORY

    @property
    def arn(self) -> str:
        """The ARN that records of this queue carry."""
        return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self.queue}"


def sources(app: Chalice) -> Iterator[Source]:
    """What the app declared with `on_sqs_message`."""
    for declared in app.event_sources:
        if not isinstance(declared, SQSEventConfig):
            continue
        config = application.config(declared.name)
        yield Source(
            function=declared.name,
            queue=declared.queue or str(declared.queue_arn).rpartition(":")[2],
            handler=app.handler_map[declared.name],
            batch_size=min(declared.batch_size, MAX_BATCH),
            concurrency=declared.maximum_concurrency or CONCURRENCY,
            timeout=config.lambda_timeout,
            memory=config.lambda_memory_size,
        )


class Pump:
    """One queue into one handler: a thread that polls, and threads that handle."""

    def __init__(self, source: Source, sqs: Any, ending: threading.Event) -> None:
        """Takes no more messages once `ending` is set."""
        self._source = source
        self._sqs = sqs
        self._ending = ending
        self._free = threading.Semaphore(source.concurrency)
        self._workers = ThreadPoolExecutor(source.concurrency, thread_name_prefix=source.function)
        self._poller = threading.Thread(target=self._run, name=f"poll {source.queue}", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._poller.start()

    def finish(self) -> None:
        """Wait, after `ending` was set, for the messages in hand."""
        self._poller.join()
        self._workers.shutdown()

    def _run(self) -> None:
        url = None
        while not self._ending.is_set():
            try:
                url = url or self._sqs.get_queue_url(QueueName=self._source.queue)["QueueUrl"]
                self._take(url)
            except (BotoCoreError, ClientError) as error:
                log.warning("%s: %s", self._source.queue, error)
                self._ending.wait(TROUBLE_SECONDS)

    def _take(self, url: str) -> None:
        # A free worker first: a message that waits for one would use up its visibility time-out.
        if not self._free.acquire(timeout=POLL_SECONDS):
            return
        messages: list[dict[str, Any]] = []
        try:
            messages = self._sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=self._source.batch_size,
                WaitTimeSeconds=POLL_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
        finally:
            if not messages:
                self._free.release()
        if messages:
            self._workers.submit(self._handle, url, messages)

    def _handle(self, url: str, messages: list[dict[str, Any]]) -> None:
        try:
            if self._invoke(messages):
                entries = [
                    {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                    for index, message in enumerate(messages)
                ]
                self._sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            log.warning("%s: messages not deleted: %s", self._source.queue, error)
        finally:
            self._free.release()

    def _invoke(self, messages: list[dict[str, Any]]) -> bool:
        """Whether the handler returned within the function's time-out."""
        source = self._source
        context = LambdaContext(source.function, source.memory, source.timeout * 1000)
        context.invoked_function_arn = (
            f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{source.function}"
        )
        try:
            source.handler(sqs_event.event(messages, source.arn), context)
        except Exception:
            log.exception("%s failed; its messages come back", source.function)
            return False
        if context.get_remaining_time_in_millis() < 0:
            log.error(
                "%s took longer than %s s; its messages come back", source.function, source.timeout
            )
            return False
        return True


def main() -> None:
    """Pump every queue of the app until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", default="app:app", help="module:attribute of the Chalice app")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    sqs = environment.client("sqs", os.environ["AWS_ENDPOINT_URL"])
    pumps = [Pump(source, sqs, ending) for source in sources(application.load(options.app))]
    for pump in pumps:
        pump.start()
    log.info("%d queues", len(pumps))
    ending.wait()
    for pump in pumps:
        pump.finish()


if __name__ == "__main__":
    main()
