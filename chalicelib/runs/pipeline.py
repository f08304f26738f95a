"""The story of a run, in order. Each step is a job on a queue, and each may be repeated.

1. `start`: a click or a schedule's message becomes run rows, and one read per account or, for a
   re-test, one message per batch that was read before.
2. `read`: the account's new followers come in pages; a page becomes batches of new people.
3. `judge`: a batch is filtered for bots, labelled, matched and stored, with the run's counts.
4. `enrich`, where the stream asks for it: contacts of the batch's new leads are looked for.
5. Whoever finds a run read to the end with nothing left to do closes it.

Beside them goes `watch`, from before the runs exist until they are over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.enrichment.enriching import ContactSearch
from chalicelib.queues import Message, kind_of
from chalicelib.runs.jobs import EnrichLeads, JudgeBatch, ReadFollowers, StartRun, Watch
from chalicelib.runs.steps.enrich import enrich_leads, let_be
from chalicelib.runs.steps.judge import give_up, judge_batch
from chalicelib.runs.steps.read import Reader
from chalicelib.runs.steps.start import start_from_queue
from chalicelib.runs.steps.watch import watch_over
from chalicelib.upstreams.profiles import Profiles

if TYPE_CHECKING:
    from chalicelib.judging.second_opinion import SecondOpinion


def start(message: Message) -> None:
    """Take a message of the runs queue: a trigger, or a look at what one started."""
    if kind_of(message.body) == "watch":
        watch_over(Watch.model_validate_json(message.body))
    else:
        start_from_queue(StartRun.model_validate_json(message.body))


def read(message: Message, *, profiles: Profiles) -> None:
    """Take a message of the scrape queue."""
    job = ReadFollowers.model_validate_json(message.body)
    is_repeat = message.is_repeat or job.came_again
    Reader(job, profiles, message.seconds_left, is_repeat).work()


def judge(
    message: Message, *, second_opinion: SecondOpinion | None, search: Callable[[], ContactSearch]
) -> None:
    """Take a message of the enrich queue: a batch to judge, or new leads to look up."""
    if kind_of(message.body) == "enrich_leads":
        _look_up(message, search)
        return
    job = JudgeBatch.model_validate_json(message.body)
    try:
        judge_batch(job, second_opinion=second_opinion)
    except Exception:
        if message.is_last:
            give_up(job)
        raise


def _look_up(message: Message, search: Callable[[], ContactSearch]) -> None:
    job = EnrichLeads.model_validate_json(message.body)
    try:
        enrich_leads(job, search, message.seconds_left)
    except Exception:
        if message.is_last:
            let_be(job)
        raise
