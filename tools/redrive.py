"""`make redrive QUEUE=scrape [STAGE=prod]`: move dead letters back to the queue they died on.

Without STAGE it works on the local world that runs (`make dev`); with STAGE on AWS, with the
credentials and the region that the AWS SDK finds. Every consumer is idempotent, so a message whose
work was done meanwhile changes nothing, and one that is moved twice neither.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from localdev import environment, facts

SUFFIX = "-dlq"
LOOK_SECONDS = 1.0
_NOT_THERE = {
    "InvalidAction",
    "UnknownOperationException",
    "UnsupportedOperation",
    "NotImplemented",
}
"""What emulators answer that cannot move messages themselves."""

Moved = Iterator[int]
"""How many messages are back, as it grows."""


class Refused(Exception):
    """What cannot be done, in words for whoever typed it."""


@dataclass(frozen=True)
class Queue:
    """A queue of ours and its dead letters, by URL."""

    name: str
    url: str
    dead_url: str


def main(
    arguments: Sequence[str] | None = None,
    *,
    local: Path = facts.FACTS,
    local_stage: str = environment.STAGE,
) -> None:
    """Move them, with a bar. `local` says where the local world is, while it runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("queue", nargs="?", default="", help="runs, scrape, enrich, ...")
    parser.add_argument("--stage", default="", help="a stage on AWS; without it, the local world")
    given = parser.parse_args(arguments)
    console = Console(highlight=False)
    try:
        sqs = _on_aws() if given.stage else _local(local)
        queue = find(sqs, given.stage or local_stage, given.queue)
        total = count(sqs, queue.dead_url)
        if not total:
            console.print(f"no dead letters in {queue.name}{SUFFIX}")
            return
        moved = _show(console, f"{queue.name}{SUFFIX}", total, redrive(sqs, queue))
        console.print(f"{moved} messages are back in {queue.name}")
    except Refused as refusal:
        sys.exit(str(refusal))
    except BotoCoreError as fault:
        sys.exit(f"AWS: {fault}")
    except ClientError as fault:
        sys.exit(f"SQS refused: {fault}")


def find(sqs: Any, stage: str, name: str) -> Queue:
    """One of the stage's queues by its short name. Raises Refused that names those there are."""
    prefix = f"ctgo-{stage}-"
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix)
    urls = [url for page in pages for url in page.get("QueueUrls", [])]
    queues = {url.rpartition("/")[2].removeprefix(prefix): url for url in urls}
    known = sorted(each for each in queues if each + SUFFIX in queues)
    if not known:
        raise Refused(f"there are no queues of stage {stage}")
    wanted = name.removeprefix(prefix).removesuffix(SUFFIX)
    if wanted not in known:
        said = f"there is no queue {name}" if name else "QUEUE= says which queue"
        raise Refused(f"{said}; those of stage {stage} are {', '.join(known)}")
    return Queue(prefix + wanted, queues[wanted], queues[wanted + SUFFIX])


def count(sqs: Any, url: str) -> int:
    """Messages in a queue, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def redrive(sqs: Any, queue: Queue, *, sleep: Callable[[float], None] = time.sleep) -> Moved:
    """Move all dead letters of a queue back, by SQS itself where it can."""
    try:
        # With a destination: what the scheduler put there has none of its own to go back to.
        sqs.start_message_move_task(
            SourceArn=_arn(sqs, queue.dead_url), DestinationArn=_arn(sqs, queue.url)
        )
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in _NOT_THERE:
            raise
        return by_hand(sqs, queue)
    return _watched(sqs, queue, sleep)


def by_hand(sqs: Any, queue: Queue) -> Moved:
    """Each message is deleted only when it was sent: whoever dies in between moves it twice."""
    moved = 0
    while messages := _take(sqs, queue.dead_url):
        entries = [_again(str(number), message) for number, message in enumerate(messages)]
        sent = sqs.send_message_batch(QueueUrl=queue.url, Entries=entries)
        done = {row["Id"] for row in sent.get("Successful", [])}
        handles = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
            if str(number) in done
        ]
        if handles:
            sqs.delete_message_batch(QueueUrl=queue.dead_url, Entries=handles)
        if sent.get("Failed"):
            raise Refused(
                f"SQS did not take {len(sent['Failed'])} messages; they stay dead letters"
            )
        moved += len(done)
        yield moved


def _take(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def _again(number: str, message: dict[str, Any]) -> dict[str, Any]:
    entry = {"Id": number, "MessageBody": message["Body"]}
    if "MessageAttributes" in message:
        entry["MessageAttributes"] = message["MessageAttributes"]
    if "MessageGroupId" in message.get("Attributes", {}):
        entry["MessageGroupId"] = message["Attributes"]["MessageGroupId"]
    return entry


def _watched(sqs: Any, queue: Queue, sleep: Callable[[float], None]) -> Moved:
    """What the task that was just started has moved, until it ends. Raises Refused if it fails."""
    while True:
        tasks = sqs.list_message_move_tasks(SourceArn=_arn(sqs, queue.dead_url), MaxResults=1)
        task = tasks["Results"][0]
        yield int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task["Status"] == "COMPLETED":
            return
        if task["Status"] not in ("RUNNING", "CREATED"):
            raise Refused(f"SQS ended the move as {task['Status']}: {task.get('FailureReason')}")
        sleep(LOOK_SECONDS)


def _arn(sqs: Any, url: str) -> str:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(found["Attributes"]["QueueArn"])


def _show(console: Console, name: str, total: int, moved: Moved) -> int:
    number = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=total)
        for number in moved:
            progress.update(task, completed=number, total=max(total, number))
    return number


def _on_aws() -> Any:
    import boto3

    return boto3.client("sqs")


def _local(path: Path) -> Any:
    try:
        there = facts.read(path)
    except facts.NotRunning as error:
        raise Refused(f"{error}, or say STAGE=") from error
    return environment.client("sqs", there["awsUrl"])


if __name__ == "__main__":
    main()
