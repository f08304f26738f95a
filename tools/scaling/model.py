"""The pipeline as a model: schedules, start, read, judge, with the real code's own constants."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from chalicelib.runs import rules
from chalicelib.runs.audience import BATCH_SIZE
from chalicelib.runs.rules import KNOWN_STREAK
from chalicelib.scheduling.schedules import FLEXIBLE_MINUTES
from chalicelib.settings import Settings
from chalicelib.upstreams import pace
from localdev.environment import ROOT
from tools.scaling.engine import Job, Queue, Step, Timeline, Turns, Workers
from tools.scaling.population import WHALE, Account

PAGE = 50
"""Followers in a page of ScrapeBadger's `followers`; it is said to give 20 to 70."""
FIRES_A_SECOND = 1_000
"""EventBridge Scheduler's throttle; more is delayed, not dropped."""
AWS_SECONDS, UPSTREAM_SECONDS = (0.008, 0.4), (1.0, 0.5)
"""Median and spread of a log-normal: one AWS call, one answer of ScrapeBadger. Both assumed."""
START_CALLS, PAGE_CALLS, BATCH_CALLS = 8, 5, 8
"""AWS calls of a start, of a page, and of a batch."""
FULL_CORE = 1_769
"""MB of memory at which Lambda gives one core."""


@dataclass
class Story:
    """When one account's sync was due, read first, and over; seconds."""

    account: Account
    due: float = 0.0
    started: float = 0.0
    finished: float = 0.0
    calls: int = 0
    batches: int = 0
    """Handed on and not judged yet."""
    is_read: bool = False
    has_moved: bool = False
    """The job at work has read something."""
    waits: int = 0
    """Jobs in a row that read nothing for want of a turn."""

    @property
    def pages(self) -> int:
        if not self.account.new:
            return 0
        beyond = 0 if self.account.is_first else KNOWN_STREAK
        return math.ceil((self.account.new + beyond) / PAGE)

    @property
    def wanted(self) -> int:
        """Calls to X: the account itself, its list, its posts and who liked them."""
        return 1 + self.pages + self.account.liked_posts


@dataclass
class _Turn:
    """One reader at work on an account."""

    story: Story
    worker: int
    done: Step
    until: float
    patience: float = pace.PATIENCE_SECONDS


@dataclass
class Outcome:
    """What one simulation showed."""

    stories: list[Story]
    most_in_a_minute: int
    hand_backs: int
    by_user: dict[int, list[Story]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        by_user: dict[int, list[Story]] = defaultdict(list)
        for story in self.stories:
            by_user[story.account.user].append(story)
        self.by_user = dict(by_user)

    def waits(self) -> list[float]:
        """Until all of a user's runs are over, by user, the whale left out, in order."""
        return sorted(
            max(story.finished - story.due for story in stories)
            for user, stories in self.by_user.items()
            if user != WHALE
        )


class Pipeline:
    """10,000 syncs from their schedules to their leads."""

    def __init__(
        self,
        accounts: Sequence[Account],
        *,
        per_minute: int,
        is_fair: bool,
        profiles_a_second: float,
        has_slices: bool = True,
        readers: int | None = None,
        seed: int = 1,
    ) -> None:
        self._chance = random.Random(seed)
        self._timeline = Timeline()
        most = workers()
        most["scrape"] = readers or most["scrape"]
        self._start, self._read, self._judge = (
            Workers(self._timeline, Queue(is_fair), most[name])
            for name in ("start_run", "scrape", "enrich")
        )
        self._turns = Turns(self._timeline, per_minute, self._chance)
        self._judging = BATCH_SIZE / (profiles_a_second * memory("enrich") / FULL_CORE)
        self._slice = Settings().scrape_seconds if has_slices else math.inf
        self._stories = [Story(account) for account in accounts]
        self._hand_backs = 0

    def run(self) -> Outcome:
        """Let it all happen."""
        moments = sorted((self._moment(story), n) for n, story in enumerate(self._stories))
        for place, (moment, number) in enumerate(moments):
            self._fire(self._stories[number], max(moment, place / FIRES_A_SECOND))
        self._timeline.run()
        return Outcome(self._stories, self._turns.most_in_a_minute(), self._hand_backs)

    def _moment(self, story: Story) -> float:
        """Schedules fire somewhere in their window; the whale clicked, so its runs come at once."""
        if story.account.user == WHALE:
            return 0.0
        return self._chance.uniform(0, FLEXIBLE_MINUTES * 60)

    def _fire(self, story: Story, moment: float) -> None:
        def begin(_worker: int, done: Step) -> None:
            self._after_calls(START_CALLS, lambda: self._send_on(story, done))

        self._start.send(Job(story.account.user, begin), moment)

    def _send_on(self, story: Story, done: Step) -> None:
        self._go_on(story)
        done()

    def _go_on(self, story: Story, delay: float = 0.0) -> None:
        """Have a worker read the account, from where it stands."""

        def begin(worker: int, done: Step) -> None:
            story.has_moved = False
            self._next(_Turn(story, worker, done, self._timeline.now + self._slice))

        self._read.send(Job(story.account.user, begin), delay)

    def _next(self, turn: _Turn) -> None:
        """Ask for the next page, or for the profile before the first."""
        story, now = turn.story, self._timeline.now
        if story.calls == story.wanted:
            self._over(story, turn.done)
        elif now >= turn.until:
            self._go_on(story)
            turn.done()
        elif self._turns.take(turn.worker):
            story.started = story.started or now
            turn.patience = pace.PATIENCE_SECONDS
            seconds = self._drawn(UPSTREAM_SECONDS) + self._calls(PAGE_CALLS)
            self._timeline.after(seconds, partial(self._page, turn))
        elif (pause := self._turns.until_next()) <= turn.patience:
            turn.patience -= pause
            self._timeline.after(pause, partial(self._next, turn))
        else:
            self._hand_back(turn, pause)

    def _hand_back(self, turn: _Turn, pause: float) -> None:
        """Let the worker go to somebody else's job; this one comes back later."""
        self._hand_backs += 1
        story = turn.story
        story.waits = 0 if story.has_moved else story.waits + 1
        self._go_on(story, rules.pause(story.waits, pause, self._chance.random()))
        turn.done()

    def _page(self, turn: _Turn) -> None:
        story = turn.story
        story.calls += 1
        story.has_moved = True
        before = (story.calls - 2) * PAGE
        new = max(0, min(PAGE, story.account.new - before)) if story.calls > 1 else 0
        for _ in range(math.ceil(new / BATCH_SIZE)):
            story.batches += 1
            self._judge.send(Job(story.account.user, lambda _, end: self._batch(story, end)))
        self._next(turn)

    def _batch(self, story: Story, done: Step) -> None:
        def judged() -> None:
            story.batches -= 1
            self._close(story)
            done()

        self._timeline.after(self._judging + self._calls(BATCH_CALLS), judged)

    def _over(self, story: Story, done: Step) -> None:
        story.is_read = True
        self._close(story)
        done()

    def _close(self, story: Story) -> None:
        if story.is_read and not story.batches:
            story.finished = self._timeline.now

    def _after_calls(self, number: int, step: Step) -> None:
        self._timeline.after(self._calls(number), step)

    def _calls(self, number: int) -> float:
        return sum(self._drawn(AWS_SECONDS) for _ in range(number))

    def _drawn(self, law: tuple[float, float]) -> float:
        return self._chance.lognormvariate(math.log(law[0]), law[1])


def fair_share(outcome: Outcome, per_minute: int) -> dict[int, float]:
    """Seconds by user until all is read if the vendor's limit were shared evenly at each instant.

    A user who wants `d` calls is then served when everybody has had as many or all they want.
    """
    wanted = {
        user: sum(story.wanted for story in stories) for user, stories in outcome.by_user.items()
    }
    found: dict[int, float] = {}
    served, left, before = 0.0, len(wanted), 0
    for user, calls in sorted(wanted.items(), key=lambda each: each[1]):
        served += (calls - before) * left
        before, left = calls, left - 1
        found[user] = served * 60 / per_minute
    return found


def workers() -> dict[str, int]:
    """Workers at once by function, in production."""
    functions = _config()["stages"]["prod"]["lambda_functions"]
    return {name: int(given["reserved_concurrency"]) for name, given in functions.items()}


def memory(function: str) -> int:
    """MB of a function."""
    config = _config()
    own = config["lambda_functions"][function]
    return int(own.get("lambda_memory_size", config["lambda_memory_size"]))


def _config() -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    found: dict[str, dict[str, dict[str, dict[str, int]]]] = json.loads(
        (ROOT / ".chalice" / "config.json").read_text()
    )
    return found
