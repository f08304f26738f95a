"""Lives and ends of users, taken by the handlers of the app: AWS would allow every call."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest

from chalicelib import aws, db, wiring
from chalicelib.auth import sessions
from chalicelib.billing.plans import LOW_BALANCE
from chalicelib.delivery.table import BodyItem
from chalicelib.enrichment.chain import Chain
from chalicelib.follow_up import Reconcile
from chalicelib.judging.second_opinion import SecondOpinion
from chalicelib.judging.table import OpinionItem
from chalicelib.leads.table import LeadItem, ShelfItem
from chalicelib.notices.table import NoticeItem
from chalicelib.privacy import exporting, jobs
from chalicelib.privacy.sections import workspace_rows
from chalicelib.queues import Job, Message, kind_of
from chalicelib.runs import pipeline
from chalicelib.settings import settings
from localdev.fake_llm import FakeModel
from tests.api.stream_hand import set_user
from tests.api_client import Api
from tests.delivery.hand import DeliverHand
from tests.finder_world import finder_world
from tests.judging.endpoint import served
from tests.packaging.recorded import Asked, recorded, refused
from tests.pipeline.outbox import noted
from tests.queue_hand import QueueHand
from tests.worlds import MATCHING
from tools.packaging.aws_calls import Call

HOOK = {"webhookUrl": "https://8.8.8.8/hook", "deliveryDestination": "leads_plus_webhook"}


@pytest.fixture
def asked(aws: str) -> Iterator[Asked]:
    with recorded() as found:
        yield found
    assert refused(found) == {}


@pytest.fixture
def opinions(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecondOpinion]:
    """Those of a language model that the settings name."""
    with served(FakeModel()) as endpoint:
        monkeypatch.setenv("LLM_BASE_URL", endpoint.url)
        monkeypatch.setenv("LLM_MODEL", "tiny")
        settings.cache_clear()
        try:
            yield endpoint.second_opinion()
        finally:
            monkeypatch.undo()
            settings.cache_clear()


def _take(queues: QueueHand, job: Job) -> None:
    queues.hand("keep_up", job.model_dump_json())


def _judge(
    queues: QueueHand,
    opinions: SecondOpinion | None = None,
    search: Callable[[], Chain] = wiring.contacts,
) -> None:
    """Take what waits to be judged or looked up as the handler does."""
    for function in ("start_run", "scrape"):
        while queues.step(function, lambda first, _: first()):
            pass
    source = next(each for each in queues._sources if each.function == "enrich")
    while some := queues.take(source):
        for found in some:
            message = Message(found["Body"], is_repeat=False, is_last=False, until=inf)
            pipeline.judge(message, second_opinion=opinions, search=search)
            queues.delete(source, found)


def _tell() -> None:
    """Work until all that is left would call a webhook, which is out in the world."""
    hand = DeliverHand()
    hand.work()
    while bodies := [body for body in hand.jobs() if kind_of(body) != "webhook"]:
        for body in bodies:
            hand.take(body)
        hand.work()


def _rows(model: Any) -> list[Any]:
    return list(model.scan())


def test_a_streams_life(asked: Asked, api: Api, queues: QueueHand) -> None:
    stream = api.create_stream(runNow=True)["id"]
    queues.drain()
    lead = api.get(f"/streams/{stream}/leads").json_body["leads"][0]
    assert api.post(f"/leads/{lead['id']}/export").status_code == 200
    assert api.post(f"/streams/{stream}/re-test").status_code == 202
    queues.drain()
    assert api.delete(f"/streams/{stream}").status_code == 200
    assert {"api_handler", "start_run", "scrape", "enrich"} <= {function for function, _ in asked}


def test_a_night(asked: Asked, api: Api, queues: QueueHand) -> None:
    """A run is open, credits are low, and a daily digest is wanted."""
    api.create_stream(runNow=True)
    set_user(api, credits=LOW_BALANCE, granted=100)
    with noted() as sent:
        _take(queues, Reconcile(user_id=api.user_id))
    assert {each["body"]["kind"] for each in sent} == {"watch", "low_credits"}
    digest = {"GroupName": settings().resource("digests"), "Name": str(api.user_id)}
    assert aws.client("scheduler").get_schedule(**digest)["State"] == "ENABLED"
    assert ("keep_up", Call("scheduler:CreateSchedule", "schedules:digests")) in asked


def test_erasing_a_user(asked: Asked, api: Api, queues: QueueHand) -> None:
    """One who was mailed and had webhooks, an export and a session, by a worker from the start."""
    api.put("/notification-settings", {"emailDigest": "after_every_sync"})
    api.create_stream(runNow=True, **HOOK)
    _tell()
    api.post("/me/export")
    export = exporting.newest(api.user_id)
    assert export is not None
    _take(queues, jobs.ExportUser(user_id=api.user_id, export_id=export.export_id))
    queues.drain()
    session, _ = sessions.new(api.user_id, datetime.now(UTC))
    session.save()
    assert _rows(NoticeItem)
    assert _rows(BodyItem)
    _take(queues, jobs.EraseUser(user_id=api.user_id))
    assert workspace_rows(api.user_id) == []
    assert api.get("/me").status_code == 401
    assert [*_rows(NoticeItem), *_rows(BodyItem), *_rows(sessions.SessionItem)] == []
    files = aws.client("s3").list_objects_v2(Bucket=settings().files_bucket)
    assert files.get("KeyCount", 0) == 0


def test_erasing_a_person(
    asked: Asked, opinions: SecondOpinion, api: Api, queues: QueueHand
) -> None:
    """One of whom a language model has an opinion, and of whom a webhook is to hear."""
    stream = api.create_stream(runNow=True, **HOOK)["id"]
    _judge(queues, opinions)
    _tell()
    leads, others, kept = _leads(api, stream), _others(api, stream), len(_rows(OpinionItem))
    assert len(leads) == MATCHING
    for lead in leads:
        assert _told_of(lead)
        _erase(api, queues, lead)
        assert not _told_of(lead)
    assert _rows(BodyItem) == []
    for other in others[:9]:
        _erase(api, queues, other)
    assert len(_rows(OpinionItem)) < kept


def test_erasing_a_person_whom_somebody_exports(asked: Asked, api: Api, queues: QueueHand) -> None:
    stream = api.create_stream(runNow=True)["id"]
    queues.drain()
    lead = _leads(api, stream)[0]
    with _before_a_transaction(lambda: api.post(f"/leads/{lead['id']}/export")):
        _erase(api, queues, lead)
    assert lead["id"] not in [each["id"] for each in _leads(api, stream, "&lifecycle=all")]
    assert ("keep_up", Call("dynamodb:GetItem", "table:leads")) in asked


def test_contacts_of_people_who_are_erased_meanwhile(
    asked: Asked, api: Api, queues: QueueHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = api.create_stream(runNow=True, autoEnrichLinkedin=True)["id"]
    set_user(api, credits=1_000)

    def found() -> list[Any]:
        return [row for row in ShelfItem.query(stream) if isinstance(row, LeadItem)]

    def erased_meanwhile() -> Chain:
        for row in found():
            row.delete()
        return wiring.contacts()

    with finder_world(monkeypatch):
        _judge(queues, search=erased_meanwhile)
    assert [row for row in found() if row.enrichment] == []
    assert ("enrich", Call("dynamodb:GetItem", "table:leads")) in asked


@contextmanager
def _before_a_transaction(act: Callable[[], object]) -> Iterator[None]:
    """Do something once, when the next transaction is about to be sent."""
    left = [act]

    def once(**_: Any) -> None:
        if left:
            left.pop()()

    events = db.connection().client.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", once)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", once)
    assert not left


def _erase(api: Api, queues: QueueHand, lead: dict[str, Any]) -> None:
    person = lead["profile"]["xUserId"]
    _take(queues, jobs.ErasePerson(user_id=api.user_id, x_user_id=person))


def _told_of(lead: dict[str, Any]) -> bool:
    """Whether a webhook message names somebody."""
    person = lead["profile"]["xUserId"].encode()
    return any(person in zlib.decompress(row.content) for row in _rows(BodyItem))


def _leads(api: Api, stream: int, more: str = "") -> list[dict[str, Any]]:
    return list(api.get(f"/streams/{stream}/leads?limit=500{more}").json_body["leads"])


def _others(api: Api, stream: int) -> list[dict[str, Any]]:
    everybody = _leads(api, stream, "&includeUnmatched=true&lifecycle=all")
    return [each for each in everybody if not each["matchConfidence"]]
