"""The story of a run, in order. Each step is a job on a queue, and each may be repeated.

1. `start`: a click or a schedule's message becomes run rows, and one read per account or, for a
   re-test, one message per batch that was read before.
2. `read`: the account's new followers come in pages; a page becomes batches of new people.
3. `judge`: a batch is filtered for bots, labelled, matched and stored, with the run's counts.
4. Whoever finds a run read to the end with nothing left to judge closes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.queues import Message
from chalicelib.runs.jobs import JudgeBatch, ReadFollowers, StartRun
from chalicelib.runs.steps.judge import give_up, judge_batch
from chalicelib.runs.steps.read import Reader
from chalicelib.runs.steps.start import start_from_queue
from chalicelib.upstreams.profiles import Profiles

if TYPE_CHECKING:
    from chalicelib.judging.second_opinion import SecondOpinion


def start(message: Message) -> None:
    """Take a message of the runs queue."""
    start_from_queue(StartRun.model_validate_json(message.body))


def read(message: Message, *, profiles: Profiles) -> None:
    """Take a message of the scrape queue."""
    job = ReadFollowers.model_validate_json(message.body)
    is_repeat = message.is_repeat or job.came_again
    Reader(job, profiles, message.seconds_left, is_repeat).work()


def judge(message: Message, *, second_opinion: SecondOpinion | None) -> None:
    """Take a message of the enrich queue."""
    job = JudgeBatch.model_validate_json(message.body)
    try:
        judge_batch(job, second_opinion=second_opinion)
    except Exception:
        if message.is_last:
            give_up(job)
        raise
