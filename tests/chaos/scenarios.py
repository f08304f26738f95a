"""Stories that must end the same whatever goes wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from chalicelib import aws, clock, queues
from chalicelib.billing import credits
from chalicelib.settings import settings
from chalicelib.streams.table import StreamItem
from localdev import telegram
from tests.chaos.outcome import schedules
from tests.chaos.stage import Stage
from tests.finder_world import finder_world

LIST = "/v1/twitter/users/orbitdesk/followers"
SECOND = "person_007"
"""An account whose followers the fake X makes by formula."""


class Scenario(NamedTuple):
    """What happens in peace, and what happens under fire."""

    name: str
    prepare: Callable[[Stage], Any]
    act: Callable[[Stage, Any], None]
    """Gets what `prepare` returned."""
    of_whoever_came_first: tuple[str, ...] = ()
    """What runs tell that depends on which of two streams read an account first."""
    ends: str = "succeeded"
    """How all runs end."""


def _pair(segment: str, tier: str = "growth") -> dict[str, Any]:
    inline = {"description": segment}
    return {"accountHandle": "orbitdesk", "accountTier": tier, "segment": inline}


ENGINEERS = _pair("software engineers and founders")


def _stream(stage: Stage, *pairs: dict[str, Any], **fields: Any) -> int:
    body = {"pairs": list(pairs or [ENGINEERS]), **fields}
    answer = stage.ask("POST", "/streams", body)
    assert "id" in answer, answer
    return int(answer["id"])


def _run(stage: Stage, stream_id: int) -> None:
    stage.ask("POST", f"/streams/{stream_id}/run")
    stage.drain()


def _fire(stage: Stage, stream_id: int) -> None:
    """Send what the stream's schedule sends, at its time."""
    target = schedules(stage.api.user_id)[0]["Target"]
    body = target["Input"].replace("<aws.scheduler.scheduled-time>", clock.iso(clock.now()))
    assert json.loads(body)["stream_id"] == stream_id
    url = queues.queue_url("runs")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    stage.drain()


def _ran(stage: Stage) -> int:
    """A stream after its first run."""
    stream_id = _stream(stage)
    stage.drain()
    _run(stage, stream_id)
    stage.traveller.shift(60)
    return stream_id


def _scheduled(stage: Stage) -> int:
    stream_id = _stream(stage, _pair("nurses", "pro"), syncTimes=["06:15"], timezone="UTC")
    stage.drain()
    return stream_id


def _shared(stage: Stage) -> list[int]:
    """Two streams over one account, one of them over another account too."""
    stage.control("audience", {"handle": SECOND, "size": 60})
    second = ENGINEERS | {"accountHandle": SECOND}
    made = [
        _stream(stage, ENGINEERS, second, syncTimes=[]),
        _stream(stage, _pair("nurses"), syncTimes=[]),
    ]
    stage.drain()
    return made


def _run_all(stage: Stage, stream_ids: list[int]) -> None:
    for stream_id in stream_ids:
        stage.ask("POST", f"/streams/{stream_id}/run")
    stage.drain()


def _grown(stage: Stage) -> int:
    stream_id = _ran(stage)
    stage.x_world.world.grow("orbitdesk", 30)
    return stream_id


def _renamed(stage: Stage) -> int:
    stream_id = _ran(stage)
    stage.control("rename", {"handle": "orbitdesk", "to": "OrbitHQ"})
    stage.x_world.world.grow("OrbitHQ", 4)
    return stream_id


def _falling_back(stage: Stage) -> int:
    stream_id = _stream(stage)
    stage.drain()
    spent = {"vendor": "scrapebadger", "kind": "402", "path": LIST, "after": 1, "times": -1}
    stage.control("faults", [spent])
    return stream_id


def _retargeted(stage: Stage) -> int:
    """A stream whose segment is another one since its first run, one of its leads exported."""
    stream_id = _ran(stage)
    path = f"/streams/{stream_id}/leads?limit=1"
    stage.ask("POST", f"/leads/{stage.api.get(path).json_body['leads'][0]['id']}/export")
    model_id = _stream(stage, _pair("nurses and founders"), syncTimes=[])
    stage.drain()
    own, model = (
        StreamItem.get(stage.api.user_id, StreamItem.at(each), consistent_read=True)
        for each in (stream_id, model_id)
    )
    own.segments, own.pairs[0].segment_id = model.segments, model.pairs[0].segment_id
    own.save()
    return stream_id


def _hooked(stage: Stage) -> int:
    """A stream with a receiver of its own, and a subscription beside."""
    paths = ("/hooks/of-stream", "/hooks/of-user")
    body = {
        "pairs": [ENGINEERS],
        "webhookUrl": stage.desk.url + paths[0],
        "deliveryDestination": "leads_plus_webhook",
    }
    made = stage.ask("POST", "/streams", body)
    other = stage.ask("POST", "/webhooks/subscribe", {"targetUrl": stage.desk.url + paths[1]})
    stage.desk.inbox.trust(paths[0], made["webhookSecret"])
    stage.desk.inbox.trust(paths[1], other["secret"])
    stage.drain()
    return int(made["id"])


def _told(stage: Stage) -> int:
    """A stream whose runs are told by a sheet, a digest, Telegram, and an alert when they fail."""
    url, stage.chats = stage.stack.enter_context(telegram.serve())
    for forget in (stage.fresh_process, settings.cache_clear):
        stage.stack.callback(forget)
    environment = stage.stack.enter_context(pytest.MonkeyPatch.context())
    environment.setenv("TELEGRAM_BASE_URL", url)
    environment.setenv("TELEGRAM_BOT_TOKEN", telegram.TOKEN)
    settings.cache_clear()
    stage.fresh_process()
    wishes = {"telegramEnabled": True, "telegramChatId": "42", "runFailureAlerts": True}
    stage.ask("PUT", "/notification-settings", wishes)
    stream_id = _stream(
        stage,
        syncTimes=[],
        emailDigestOverride="after_every_sync",
        csvEmailRecipients={"to": f"sheets-{stage.name}@example.org", "format": "csv"},
    )
    stage.drain()
    return stream_id


def _told_of_failure(stage: Stage) -> int:
    stream_id = _told(stage)
    stage.control("profile", {"handle": "orbitdesk", "protected": True})
    return stream_id


def _enriching(stage: Stage) -> int:
    """A stream whose leads are looked up, with credits for all of them."""
    finders = stage.stack.enter_context(finder_world(pytest.MonkeyPatch()))
    finders.pdl_finds(work_email="noor@orbitdesk.example")
    stage.fresh_process()
    credits.grant(stage.api.user_id, "chaos", 100)
    stage.control("audience", {"handle": SECOND, "size": 60})
    few = ENGINEERS | {"accountHandle": SECOND}
    stream_id = _stream(stage, few, autoEnrichEmail=True, syncTimes=[])
    stage.drain()
    return stream_id


def _retest(stage: Stage, stream_id: int) -> None:
    stage.ask("POST", f"/streams/{stream_id}/re-test", {})
    stage.drain()


def _create(stage: Stage, _: Any) -> None:
    _stream(stage, runNow=True, syncTimes=["09:00", "18:30"], timezone="Europe/Berlin")
    stage.drain()


_FIRST_COME = ("newFollowersCount", "completeness", "provider", "log")

SCENARIOS = (
    Scenario("create a stream and run it", lambda _: None, _create),
    Scenario("a scheduled run", _scheduled, _fire),
    Scenario("streams that share an account", _shared, _run_all, _FIRST_COME),
    Scenario("a second run", _grown, _run),
    Scenario("a renamed account", _renamed, _run),
    Scenario("a fallback mid-run", _falling_back, _run),
    Scenario("a run that is announced", _hooked, _run),
    Scenario("a run that people are told of", _told, _run),
    Scenario("a failed run", _told_of_failure, _run, ends="failed"),
    Scenario("leads whose contacts are looked up", _enriching, _run),
    Scenario("a re-test", _retargeted, _retest),
)
