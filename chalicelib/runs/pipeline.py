"""The story of a run, in order. Each step is a job on a queue, and each may be repeated.

1. `start`: a click or a schedule's message becomes run rows and one read per account.
2. `read`: the account's new followers come in pages; a page becomes batches of new people.
3. `judge`: a batch is filtered for bots, labelled, matched and stored, with the run's counts.
4. Whoever finds a run read to the end with nothing left to judge closes it.
"""

from __future__ import annotations

from chalicelib.queues import Message
from chalicelib.runs.jobs import JudgeBatch, ReadFollowers, StartRun
from chalicelib.runs.starting import start_from_queue
from chalicelib.runs.steps.judge import judge_batch
from chalicelib.runs.steps.read import Reader
from chalicelib.upstreams.profiles import Profiles


def start(message: Message) -> None:
    """Take a message of the runs queue."""
    start_from_queue(StartRun.model_validate_json(message.body))


def read(message: Message, *, profiles: Profiles) -> None:
    """Take a message of the scrape queue."""
    job = ReadFollowers.model_validate_json(message.body)
    Reader(job, profiles, message.seconds_left, message.is_repeat).work()


def judge(message: Message) -> None:
    """Take a message of the enrich queue."""
    judge_batch(JudgeBatch.model_validate_json(message.body))
