"""A hand on the queues whose upstream clients neither wait between tries nor for long answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from chalicelib import queues
from chalicelib.runs import pipeline
from chalicelib.upstreams import kaitoeasyapi, scrapebadger
from chalicelib.upstreams.health import Health
from chalicelib.upstreams.kaitoeasyapi import KaitoEasyApi
from chalicelib.upstreams.pace import Pace
from chalicelib.upstreams.profiles import Profiles
from chalicelib.upstreams.scrapebadger import ScrapeBadger
from chalicelib.upstreams.transport import Transport
from localdev import sqs_event
from localdev.pump import Source
from localdev.xworld.server import Server
from tests.queue_hand import Message, QueueHand

READ_TIMEOUT = 0.2
"""Seconds; the fake X answers in a few milliseconds."""


class ImpatientHand(QueueHand):
    """Hands on as the app's handlers do, with upstream clients of its own."""

    def __init__(self, profiles: Profiles) -> None:
        super().__init__()
        self.profiles = profiles

    def handle(self, source: Source, message: Message) -> None:
        if source.function != "scrape":
            super().handle(source, message)
            return
        event: Any = sqs_event.event([message], source.arn)
        records = [_Record(record) for record in event["Records"]]
        for each in queues.messages(records):
            pipeline.read(each, profiles=self.profiles)


class _Record:
    """What Chalice makes of a record of an SQS event, as far as our handlers use it."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.body = record["body"]
        self._record = record

    def to_dict(self) -> dict[str, Any]:
        return self._record


@contextmanager
def an_impatient_hand(x_world: Server, pace: Pace | None = None) -> Iterator[ImpatientHand]:
    """`pace` is of both vendors."""
    with (
        httpx.Client(base_url=x_world.url, headers={"x-api-key": "sb_test"}) as badger,
        httpx.Client(base_url=x_world.url, headers={"authorization": "Bearer test"}) as apify,
    ):
        providers = [
            ScrapeBadger(_transport(badger, scrapebadger, pace)),
            KaitoEasyApi(_transport(apify, kaitoeasyapi, pace)),
        ]
        # Both vendors fail for good within a test; that they may rest after it is another's test.
        yield ImpatientHand(Profiles(providers, Health(failures=1_000)))


def _transport(client: httpx.Client, vendor: Any, pace: Pace | None) -> Transport:
    return Transport(
        client,
        provider=vendor.NAME,
        named_faults=vendor.NAMED_FAULTS,
        pace=pace,
        read_timeout=READ_TIMEOUT,
        sleep=lambda _: None,
    )
