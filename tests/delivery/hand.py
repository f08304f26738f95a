"""A hand on the deliver queue that may call loopback, and that holds back what is to come later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, wiring
from chalicelib.delivery import dispatch
from chalicelib.delivery.edges import Edges
from chalicelib.delivery.messages import Subject, TrialMessage
from chalicelib.delivery.posting import Said, job_of, post
from chalicelib.delivery.receivers import as_receiver
from chalicelib.delivery.table import FIRST_MESSAGE, MessageItem
from chalicelib.open_web.client import Client
from chalicelib.queues import Job, Message
from chalicelib.webhooks import service
from chalicelib.webhooks.schemas import Subscribe
from chalicelib.webhooks.table import SubscriptionItem
from localdev.desk.server import Desk
from tests.api_client import Api
from tests.queue_hand import QueueHand

DELIVER = "deliver"
SECONDS = 0.4
"""That a receiver of these tests has to answer; a real one has 10."""


class DeliverHand:
    """Moves messages through the deliver queue, and holds what is to come later."""

    def __init__(self) -> None:
        self.waiting: list[tuple[datetime, Job]] = []
        """What was sent to come later, with the instant from which it may."""
        self._queues = QueueHand()
        self.web = Client(allow_loopback_http=True, seconds=SECONDS)

    @property
    def edges(self) -> Edges:
        return Edges(self.web, wiring.delivery().channels, self._later)

    def _later(self, job: Job, pause: timedelta) -> None:
        self.waiting.append((clock.now() + pause, job))

    def take(self, body: str | Job, *, is_repeat: bool = False) -> None:
        """Handle one message."""
        text = body if isinstance(body, str) else body.model_dump_json()
        dispatch.take(Message(text, is_repeat, is_last=False, until=float("inf")), self.edges)

    def jobs(self) -> list[str]:
        """What is on the deliver queue, taken off it."""
        source = next(each for each in self._queues._sources if each.function == DELIVER)
        found = []
        while batch := self._queues.take(source):
            for message in batch:
                found.append(message["Body"])
                self._queues.delete(source, message)
        return found

    def work(self) -> None:
        """Run everything but deliveries until nothing is left."""
        others = [each for each in self._queues._sources if each.function != DELIVER]
        while sum(self._worked(source) for source in others):
            pass

    def drain(self) -> int:
        """Run everything until nothing is left but what comes later; returns the deliveries."""
        handled = 0
        while True:
            self.work()
            bodies = self.jobs()
            for body in bodies:
                self.take(body)
            handled += len(bodies)
            if not bodies:
                return handled

    def due(self) -> list[Job]:
        """The jobs whose time has come, earliest first; they are not waiting any more."""
        now = clock.now()
        ready = sorted((each for each in self.waiting if each[0] <= now), key=lambda each: each[0])
        self.waiting = [each for each in self.waiting if each[0] > now]
        return [job for _, job in ready]

    def take_due(self) -> int:
        """Handle what has become due, and what comes of it at once."""
        jobs = self.due()
        for job in jobs:
            self.take(job)
        return len(jobs) + self.drain()

    def _worked(self, source: Any) -> int:
        batch = self._queues.take(source)
        for message in batch:
            self._queues.handle(source, message)
            self._queues.delete(source, message)
        return len(batch)


def subscribe(api: Api, desk: Desk, path: str, **filters: Any) -> SubscriptionItem:
    """Subscribe a receiver of the desk, which then verifies what it gets."""
    body = Subscribe.model_validate({"targetUrl": desk.url + path, "filterConfig": filters})
    item, is_new = service.subscribe(api.user_id, body, owned={}, is_safe=lambda _url: True)
    if is_new:
        desk.inbox.trust(path, item.secret)
    return item


def said(name: str) -> Said:
    """Something to tell."""
    now = clock.now()
    message = TrialMessage(
        type="webhook.test", timestamp=now, data=Subject(subscription_id=len(name))
    )
    return Said(body_id=name, event="leads.discovered", at=now, message=message)


def tell(item: SubscriptionItem, name: str) -> Job:
    """Put something down for a subscription, and give the job that delivers it."""
    receiver = as_receiver(item, item.subscription_id, clock.now())
    assert receiver is not None
    told = said(name)
    post(item.user_id, [(receiver, [told])])
    return job_of(receiver, told)


def messages_to(item: SubscriptionItem) -> list[MessageItem]:
    """All that a subscription was sent, oldest first."""
    return list(
        MessageItem.query(
            f"{item.user_id}#webhook#{item.subscription_id}",
            MessageItem.message_id.startswith(FIRST_MESSAGE),
        )
    )
