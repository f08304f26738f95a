"""The simulation keeps to the rules that it stands for."""

from __future__ import annotations

import random
from xml.etree import ElementTree

import pytest

from tools.scaling import costs
from tools.scaling.curve import Curve, Panel, draw
from tools.scaling.engine import NOISY_LEAST, Job, Queue, Step, Timeline, Turns, Workers
from tools.scaling.model import PAGE, Pipeline, Story, fair_share
from tools.scaling.population import STREAMS, WHALE, WHALE_ACCOUNTS, Account, everybody

ACCOUNTS = [Account(user, new) for user in range(1, 41) for new in (0, 7, 120)]


def _idle(_worker: int, done: Step) -> None:
    done()


@pytest.mark.parametrize("is_fair", [True, False])
def test_a_fair_queue_serves_quiet_groups_before_a_noisy_one(is_fair: bool) -> None:
    queue = Queue(is_fair)
    for group in [1] * (NOISY_LEAST + 2) + [2]:
        queue.put(Job(group, _idle))
    taken = [job.group for _ in range(NOISY_LEAST + 3) if (job := queue.take())]
    assert taken.index(2) == (NOISY_LEAST if is_fair else NOISY_LEAST + 2)
    assert queue.take() is None


@pytest.mark.parametrize("per_minute", [60, 300, 1_000, 5_000])
def test_no_minute_sees_more_calls_than_allowed(per_minute: int) -> None:
    timeline = Timeline()
    turns = Turns(timeline, per_minute, random.Random(1))  # noqa: S311

    def call(worker: int, left: int) -> None:
        if not left:
            return
        went = turns.take(worker)
        pause = 0.05 if went else turns.until_next()
        timeline.after(pause, lambda: call(worker, left - went))

    for worker in range(100):
        call(worker, per_minute // 40 + 1)
    timeline.run()
    assert len(turns.granted) == 100 * (per_minute // 40 + 1)
    assert per_minute / 3 < turns.most_in_a_minute() <= per_minute


def test_workers_grow_and_stop_at_their_number() -> None:
    timeline, busy = Timeline(), [0, 0]

    def work(_worker: int, done: Step) -> None:
        busy[0] += 1
        busy[1] = max(busy)

        def end() -> None:
            busy[0] -= 1
            done()

        timeline.after(10.0, end)

    workers = Workers(timeline, Queue(is_fair=True), most=8)
    for group in range(200):
        workers.send(Job(group, work))
    timeline.run()
    assert (busy, workers.invocations) == ([0, 8], 200)


@pytest.mark.parametrize("per_minute", [300, 5_000])
def test_every_sync_is_read_and_judged_to_the_end(per_minute: int) -> None:
    outcome = Pipeline(
        ACCOUNTS, per_minute=per_minute, is_fair=True, profiles_a_second=900, readers=10
    ).run()
    assert all(story.calls == story.wanted for story in outcome.stories)
    assert all(0 < story.started < story.finished for story in outcome.stories)
    assert not any(story.batches for story in outcome.stories)
    assert outcome.most_in_a_minute <= per_minute
    calls = sum(story.wanted for story in outcome.stories)
    assert max(fair_share(outcome, per_minute).values()) == pytest.approx(calls * 60 / per_minute)


@pytest.mark.parametrize(
    ("account", "pages"),
    [
        (Account(1, 0), 0),
        (Account(1, 1), 1),
        (Account(1, PAGE), 2),  # and the known people that end it
        (Account(1, PAGE, is_first=True), 1),
    ],
)
def test_pages_of_a_sync(account: Account, pages: int) -> None:
    assert Story(account).pages == pages


def test_the_crowd() -> None:
    accounts = everybody(random.Random(1))  # noqa: S311
    assert len(accounts) == STREAMS
    assert sum(account.user == WHALE for account in accounts) == WHALE_ACCOUNTS


def test_a_bill_is_the_sum_of_its_lines() -> None:
    counts = dict.fromkeys(costs.measured()["nobody new"], 0.0)
    assert costs.of_run(counts).total == pytest.approx(costs.SCHEDULE)
    counts |= {"write units": 1e6, "upstream rows": 1e3}
    bill = costs.of_run(counts)
    assert bill.lines["DynamoDB writes"] == pytest.approx(0.625)
    assert bill.total - bill.aws == pytest.approx(0.10)
    assert bill.times(3).total == pytest.approx(3 * bill.total)


def test_a_run_lies_between_one_that_finds_nobody_and_the_measured_one() -> None:
    found = costs.measured()
    assert costs.of_typical_run(0) == costs.of_run(found["nobody new"])
    steady = found["steady state"]
    whole = costs.of_typical_run(int(steady["profiles"]))
    assert whole.total == pytest.approx(costs.of_run(steady).total)


def test_a_picture_is_well_formed() -> None:
    curve = Curve("a < b", [(0, 0), (1.5, 80), (9, 120)], 1, is_dashed=True)
    picture = draw([Panel("One & other", "minutes", "streams", [curve])], "what it shows")
    root = ElementTree.fromstring(picture)  # noqa: S314 - we drew it
    texts = [each.text for each in root.iter() if each.text]
    assert {"One & other", "a < b", "150"} <= set(texts)
