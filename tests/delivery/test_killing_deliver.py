"""The deliver handler killed at every AWS call, before and after it: nothing is lost or garbled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine

from bench.found import found_by_a_run
from chalicelib.delivery.table import DELIVERED
from chalicelib.queues import Job
from chalicelib.streams.table import StreamItem
from localdev.desk.server import Desk
from tests.api_client import Api
from tests.delivery.hand import DeliverHand, messages_to, subscribe
from tests.pipeline.killer import LEASE_AND_MORE, Killed, Killer, watching

LEADS = 120
"""Two messages to each receiver."""


@pytest.fixture
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-20T08:00:00Z", tick=False) as traveller:
        yield traveller


class _Scene:
    """A run that two receivers hear of: one answers at once, one only the second time."""

    def __init__(self, api: Api, desk: Desk, hand: DeliverHand, stream_id: int) -> None:
        self._hand, self._desk, self._stream_id = hand, desk, stream_id
        self._api = api
        self._runs = 7_000

    def stage(self) -> tuple[Job, list[str]]:
        """A new run and new receivers of its leads."""
        self._runs += 1
        paths = [f"/hooks/well{self._runs}", f"/hooks/ill{self._runs}"]
        self.items = [subscribe(self._api, self._desk, path) for path in paths]
        self._desk.behave(paths[1], "status/503")
        job = found_by_a_run(self._api.user_id, self._stream_id, LEADS, run_id=self._runs)
        return job, paths

    def strike(self) -> None:
        for item in self.items:
            item.delete()

    def play(
        self, job: Job, deliver: Callable[[str | Job], None], heal: Callable[[], None]
    ) -> None:
        """Deliver everything; between the first attempts and the second the ill one gets well."""
        deliver(job)
        self._deliver_all(deliver)
        heal()
        for _ in range(4):
            for due in self._hand.due():
                deliver(due)
            self._deliver_all(deliver)
            heal()

    def _deliver_all(self, deliver: Callable[[str | Job], None]) -> None:
        while bodies := self._hand.jobs():
            for body in bodies:
                deliver(body)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_call(
    api: Api, desk: Desk, hand: DeliverHand, time: time_machine.Traveller, when: str
) -> None:
    stream = api.create_stream()
    assert StreamItem.find(api.user_id, StreamItem.at(stream["id"])) is not None
    scene = _Scene(api, desk, hand, stream["id"])

    def tried(at: int | None) -> int:
        job, paths = scene.stage()
        killer = Killer(when, at)

        def deliver(body: str | Job) -> None:
            try:
                with watching(killer):
                    hand.take(body)
            except Killed:
                time.shift(timedelta(seconds=LEASE_AND_MORE))
                hand.take(body, is_repeat=True)

        def heal() -> None:
            desk.behave(paths[1], "ok")
            time.shift(timedelta(minutes=7))

        scene.play(job, deliver, heal)
        _all_is_well(scene, desk, paths)
        scene.strike()
        return len(killer.calls)

    calls = tried(None)
    assert calls > 15
    for at in range(1, calls + 1):
        tried(at)


def _all_is_well(scene: _Scene, desk: Desk, paths: list[str]) -> None:
    for item, path in zip(scene.items, paths, strict=True):
        got = desk.inbox.all(path)
        assert all(each.is_verified for each in got)
        said = {each.headers["webhook-id"]: each.content for each in got}
        assert len({(each.headers["webhook-id"], each.content) for each in got}) == len(said) == 2
        leads = [lead["id"] for each in said.values() for lead in json.loads(each)["data"]["leads"]]
        assert len(leads) == len(set(leads)) == LEADS
        messages = messages_to(item)
        assert {each.status for each in messages} == {DELIVERED}
        times = Counter(each.headers["webhook-id"] for each in got)
        for message in messages:
            known = len(message.attempts)
            # One call more than is written down is what a death in between costs, at most.
            assert known <= times[message.message_id] <= known + 1
