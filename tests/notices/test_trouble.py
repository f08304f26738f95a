"""Notices while something goes wrong: SES is busy, Telegram refuses, workers die."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from chalicelib import aws as clients
from chalicelib import wiring
from chalicelib.notices import rules, taking
from chalicelib.notices.jobs import MailSheet, TellByTelegram
from chalicelib.notices.table import NoticeItem
from localdev.telegram import Chats
from tests.api_client import Api
from tests.mails import Post
from tests.pipeline.killer import LEASE_AND_MORE, Killed, Killer, watching
from tests.queue_hand import QueueHand

NOW = datetime(2026, 7, 5, 6, 15, tzinfo=UTC)
TO = {"to": "ops@tidewater.example", "format": "csv"}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


def _found_leads(api: Api, queues: QueueHand, **fields: Any) -> dict[str, int]:
    """A run that found leads and told nobody: what a job about it names."""
    api.put("/notification-settings", {"emailDigest": "off"})
    stream_id = int(api.create_stream(runNow=True)["id"])
    queues.drain()
    assert api.patch(f"/streams/{stream_id}", fields).status_code == 200
    run_id = api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]["id"]
    return {"user_id": api.user_id, "stream_id": stream_id, "run_id": int(run_id)}


def _take(job: Any) -> None:
    taking.take(job.kind, job.model_dump_json(), wiring.delivery().channels)


class TestBusySes:
    def test_the_mail_is_tried_again_later(
        self, api: Api, queues: QueueHand, post: Post, clock: time_machine.Traveller
    ) -> None:
        job = MailSheet(**_found_leads(api, queues, csvEmailRecipients=TO))
        sent = _SentJobs()
        with sent.watched():
            post.refusals = ["Throttling"]
            _take(job)
            assert post.raw == []
            (again,) = sent.jobs(MailSheet)
            assert again.put_off == 1
            assert 55 < (again.due - NOW).total_seconds() < 75
            _take(again)  # SQS hands it over too early: it goes on waiting
            assert post.raw == []
            clock.shift(120)
            _take(sent.jobs(MailSheet)[-1])
        assert len(post.raw) == 1

    def test_a_mail_that_ses_refuses_is_given_up(
        self, api: Api, queues: QueueHand, post: Post
    ) -> None:
        job = MailSheet(**_found_leads(api, queues, csvEmailRecipients=TO))
        sent = _SentJobs()
        with sent.watched():
            post.refusals = ["MessageRejected"]
            _take(job)
        assert (post.raw, sent.bodies) == ([], [])

    def test_what_nobody_knows_brings_the_message_back(
        self, api: Api, queues: QueueHand, post: Post
    ) -> None:
        job = MailSheet(**_found_leads(api, queues, csvEmailRecipients=TO))
        post.refusals = ["InternalFailure"]
        with pytest.raises(Exception, match="InternalFailure"):
            _take(job)
        _take(job)  # at once: who failed let go of it
        assert len(post.raw) == 1

    def test_it_ends_some_day(self) -> None:
        tries = 0
        while rules.next_try(tries, NOW):
            tries += 1
        assert tries == len(rules.WAITS)


class TestTelegram:
    @pytest.mark.parametrize(
        "case",
        [
            (429, {"ok": False, "parameters": {"retry_after": 900}}, True),
            (502, {"ok": False, "description": "Bad Gateway"}, True),
            (200, {"ok": False, "error": "lies"}, True),
            (400, {"ok": False, "description": "Bad Request: chat not found"}, False),
            (403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, False),
        ],
    )
    def test_refusals(
        self,
        api: Api,
        queues: QueueHand,
        chats: Chats,
        case: tuple[int, dict[str, Any], bool],
    ) -> None:
        status, body, is_tried_again = case
        of_run = _found_leads(api, queues)
        api.put("/notification-settings", {"telegramEnabled": True, "telegramChatId": "42"})
        chats.faults = [(status, body)] * 2
        sent = _SentJobs()
        with sent.watched():
            _take(TellByTelegram(**of_run))
            assert chats.messages == []
            assert bool(sent.jobs(TellByTelegram)) is is_tried_again
        chats.faults = []
        _take(TellByTelegram(**of_run))
        assert len(chats.messages) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_at_any_call(
    api: Api, queues: QueueHand, post: Post, clock: time_machine.Traveller, when: str
) -> None:
    """The mail goes once; twice only where the worker died after SES had taken it."""
    of_run = _found_leads(api, queues, csvEmailRecipients=TO)
    notice = f"sheet#{of_run['run_id']}"
    at = 0
    while True:
        at += 1
        NoticeItem(api.user_id, notice).delete()
        post.raw.clear()
        killer = Killer(when, at)
        try:
            with _watching_all(killer):
                _take(MailSheet(**of_run))
        except Killed:
            clock.shift(LEASE_AND_MORE)
            _take(MailSheet(**of_run))
            _take(MailSheet(**of_run))
        else:
            break
        done = killer.calls[:-1] if when == "before" else killer.calls
        is_unsure = done[-1:] == ["SendRawEmail"]
        assert len(post.raw) == 1 + is_unsure, killer.calls
    assert at > 5
    assert len(post.raw) == 1


def test_what_another_worker_has_in_hand_waits(
    api: Api, queues: QueueHand, post: Post, clock: time_machine.Traveller
) -> None:
    of_run = _found_leads(api, queues, csvEmailRecipients=TO)
    killer, sent = Killer("before"), _SentJobs()
    with _watching_all(killer):
        _take(MailSheet(**of_run))
    place = killer.calls.index("SendRawEmail") + 1
    NoticeItem(api.user_id, f"sheet#{of_run['run_id']}").delete()
    with pytest.raises(Killed), _watching_all(Killer("before", place)):
        _take(MailSheet(**of_run))
    with sent.watched():
        _take(MailSheet(**of_run))  # for all we know the first one is still at it
    (again,) = sent.jobs(MailSheet)
    assert again.due > datetime.now(UTC)
    assert len(post.raw) == 1


@contextmanager
def _watching_all(killer: Killer) -> Iterator[None]:
    event = {"before": "before-call", "after": "after-call"}[killer.when]
    emitter = clients.client("ses").meta.events
    emitter.register(event, killer)
    try:
        with watching(killer):
            yield
    finally:
        emitter.unregister(event, killer)


class _SentJobs:
    """The bodies of messages that are put on queues."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def jobs(self, kind: type[Any]) -> list[Any]:
        return [kind.model_validate_json(body) for body in self.bodies]

    def __call__(self, params: dict[str, Any], **_: Any) -> None:
        self.bodies += [entry["MessageBody"] for entry in params["Entries"]]

    @contextmanager
    def watched(self) -> Iterator[None]:
        events = clients.client("sqs").meta.events
        events.register("provide-client-params.sqs.SendMessageBatch", self)
        try:
            yield
        finally:
            events.unregister("provide-client-params.sqs.SendMessageBatch", self)
