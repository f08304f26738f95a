"""The parts of a simulation: a timeline, a queue that is fair or not, its workers, a rate limit."""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from chalicelib.upstreams import pace

Step = Callable[[], None]

FIRST_WORKERS, WORKERS_A_MINUTE = 5, 300
"""How Lambda grows on a queue (AWS, "Configuring scaling behavior for SQS event sources")."""
NOISY_SHARE, NOISY_LEAST = 0.10, 30
"""From which share and number of messages in flight SQS holds a group for noisy (AWS, "Amazon SQS
fair queues"). Below the least, workers serve a few groups in turn as they come."""


class Timeline:
    """Steps in order of their time; seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._steps: list[tuple[float, int, Step]] = []
        self._numbers = count()

    def after(self, seconds: float, step: Step) -> None:
        heapq.heappush(self._steps, (self.now + seconds, next(self._numbers), step))

    def run(self) -> None:
        while self._steps:
            self.now, _, step = heapq.heappop(self._steps)
            step()


@dataclass
class Job:
    """A message: whose it is, and what its worker does. `begin` gets the worker's number, and what
    it must call at the end.
    """

    group: int
    begin: Callable[[int, Step], None]


@dataclass
class Queue:
    """A standard SQS queue, first come first served; with `is_fair`, quiet groups before noisy."""

    is_fair: bool
    in_flight: Counter[int] = field(default_factory=Counter)
    _waiting: dict[int, deque[tuple[int, Job]]] = field(default_factory=dict)
    _heads: list[tuple[int, int]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def put(self, job: Job) -> None:
        group = self._waiting.setdefault(job.group, deque())
        group.append((next(self._numbers), job))
        if len(group) == 1:
            heapq.heappush(self._heads, (group[0][0], job.group))

    def take(self) -> Job | None:
        """The oldest message of a quiet group; where there is none, the oldest of all."""
        noisy: list[tuple[int, int]] = []
        while self._heads and self.is_fair and self._is_noisy(self._heads[0][1]):
            noisy.append(heapq.heappop(self._heads))
        if not self._heads and noisy:
            chosen = noisy.pop(0)
        elif self._heads:
            chosen = heapq.heappop(self._heads)
        else:
            return None
        for each in noisy:
            heapq.heappush(self._heads, each)
        return self._pop(chosen[1])

    def _pop(self, group: int) -> Job:
        waiting = self._waiting[group]
        _, job = waiting.popleft()
        if waiting:
            heapq.heappush(self._heads, (waiting[0][0], group))
        self.in_flight[group] += 1
        return job

    def _is_noisy(self, group: int) -> bool:
        held = self.in_flight[group]
        return held >= NOISY_LEAST and held > NOISY_SHARE * self.in_flight.total()


class Workers:
    """Lambda on a queue: `most` at once, growing as AWS grows them."""

    def __init__(self, timeline: Timeline, queue: Queue, most: int) -> None:
        self.invocations = 0
        self._timeline = timeline
        self._queue = queue
        self._most = most
        self._idle: list[int] = []
        self._busy = 0
        self._since: float | None = None

    def send(self, job: Job, delay: float = 0.0) -> None:
        """Put a message on the queue, now or later."""
        self._timeline.after(delay, lambda: self._arrive(job))

    def _arrive(self, job: Job) -> None:
        if self._since is None:
            self._since = self._timeline.now
        self._queue.put(job)
        self._look()

    def _look(self) -> None:
        minutes = (self._timeline.now - (self._since or 0.0)) / 60
        allowed = min(self._most, FIRST_WORKERS + WORKERS_A_MINUTE * minutes)
        while self._busy < allowed:
            job = self._queue.take()
            if job is None:
                return
            worker = self._idle.pop() if self._idle else self._busy
            self._busy += 1
            self.invocations += 1
            job.begin(worker, partial(self._free, worker, job.group))

    def _free(self, worker: int, group: int) -> None:
        self._busy -= 1
        self._idle.append(worker)
        self._queue.in_flight[group] -= 1
        if not self._queue.in_flight[group]:
            del self._queue.in_flight[group]
        self._look()


class Turns:
    """A vendor's calls as all workers share them: what `chalicelib.upstreams.pace` does with a
    table, done with a counter.
    """

    def __init__(self, timeline: Timeline, per_minute: int, chance: random.Random) -> None:
        self.granted: list[float] = []
        """When each call went."""
        self._timeline = timeline
        self._chance = chance
        self._rows = max(1, math.ceil(per_minute / pace.CALLS_PER_ROW))
        share = per_minute / (pace.WINDOW_SLICES + pace.SPARE_SLICES)
        self._per_row = max(1, int(share / self._rows))
        self._handful = min(pace.HANDFUL, self._per_row)
        self._used: Counter[tuple[int, int]] = Counter()
        self._held: dict[int, tuple[int, int]] = {}
        """What a worker has left of its last handful, and of which slice that is."""

    def take(self, worker: int) -> bool:
        """Whether the worker may call now."""
        now = int(self._timeline.now / pace.SLICE_SECONDS)
        held, left = self._held.get(worker, (-1, 0))
        if held != now or not left:
            if not self._fetch(now):
                return False
            left = self._handful
        self._held[worker] = (now, left - 1)
        self.granted.append(self._timeline.now)
        return True

    def until_next(self) -> float:
        """Seconds until it is worth asking again."""
        left = pace.SLICE_SECONDS - self._timeline.now % pace.SLICE_SECONDS
        return left + self._chance.random() * pace.SLICE_SECONDS / 10

    def most_in_a_minute(self) -> int:
        """The most that any 60 seconds saw."""
        most, first = 0, 0
        for last, moment in enumerate(self.granted):
            while self.granted[first] <= moment - 60:
                first += 1
            most = max(most, last - first + 1)
        return most

    def _fetch(self, now: int) -> bool:
        first = self._chance.randrange(self._rows)
        for number in range(min(pace.TRIES, self._rows)):
            row = now, (first + number) % self._rows
            if self._used[row] <= self._per_row - self._handful:
                self._used[row] += self._handful
                return True
        return False
