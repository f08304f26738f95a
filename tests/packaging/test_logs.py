"""What a log says: whose work it was, by ids; never a key, an address of a mail or a bio."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from app import app
from chalicelib import telemetry
from chalicelib.me.schemas import Me
from localdev.xworld.server import Server
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import BIOS
from tools.packaging.alarms import _BUSINESS
from tools.packaging.functions import functions
from tools.packaging.tree import ROOT

JOB = {
    "Records": [
        {"messageId": "m-1", "body": json.dumps({"user_id": 5, "stream_id": 6, "bio": "x"})}
    ]
}
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that the app logs, from DEBUG on."""
    logger, heard = telemetry.logger, io.StringIO()
    (handler,) = logger.handlers
    before, level = handler.setStream(heard), logger.log_level
    logger.setLevel("DEBUG")
    yield heard
    logger.setLevel(level)
    handler.setStream(before)


def test_a_run_tells_no_secrets(log: io.StringIO, api: Api, queues: QueueHand) -> None:
    api.create_stream(runNow=True)
    queues.drain()
    api.post("/streams", {"pairs": "nothing"})
    api.get("/streams/1")
    queues.send("enrich", json.dumps({"bio": BIOS[0]}))
    with pytest.raises(ValueError) as failed:  # noqa: PT011 - pydantic's own error: the job is none
        queues.drain()
    told = log.getvalue() + str(failed.value)  # Lambda logs what a handler raises
    assert "refused" in told
    assert "job failed" in told
    _holds_no_secret(told, api)


def test_no_library_tells_what_was_sent(
    api: Api, queues: QueueHand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")  # of the root logger, from which most others take theirs
    api.create_stream(runNow=True)
    queues.drain()
    assert "Adding metric" in caplog.text
    _holds_no_secret(caplog.text, api)


def test_a_worker_names_its_job(log: io.StringIO) -> None:
    @telemetry.observed
    def handler(_event: object) -> None:
        telemetry.logger.info("at work")

    handler(_Event(JOB))
    (line,) = _lines(log)
    assert (line["function"], line["user_id"], line["stream_id"]) == ("handler", 5, 6)
    assert line["message_id"] == "m-1"
    assert "bio" not in line


def test_a_worker_that_fails_says_whose_job_it_was(log: io.StringIO) -> None:
    @telemetry.observed
    def handler(_event: object) -> None:
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        handler(_Event(JOB))
    (line,) = _lines(log)
    assert (line["level"], line["message"]) == ("ERROR", "job failed")
    assert (line["message_id"], line["user_id"], line["stream_id"]) == ("m-1", 5, 6)
    assert "on purpose" in line["exception"]


def test_a_request_names_its_user_and_its_stream_and_the_next_one_does_not(
    log: io.StringIO, api: Api
) -> None:
    api.get("/streams/7")
    api.get("/accounts?limit=none")
    refused = [line for line in _lines(log) if line["message"] == "refused"]
    assert [line.get("stream_id") for line in refused] == [7, None]
    assert {line["user_id"] for line in refused} == {api.user_id}
    assert len({line["correlation_id"] for line in refused}) == 2


def test_a_provider_that_fails_is_named_with_what_it_said(
    log: io.StringIO, api: Api, queues: QueueHand, x_world: Server
) -> None:
    stream = api.create_stream()["id"]
    queues.drain()
    fault = {"vendor": "scrapebadger", "kind": "402", "times": -1}
    httpx.post(f"{x_world.url}/_control/faults", json=[fault]).raise_for_status()
    api.post(f"/streams/{stream}/run")
    queues.drain()
    told = next(line for line in _lines(log) if line["message"] == "provider failed")
    assert told["provider"] == "scrapebadger"
    assert told["said"].startswith("402")
    assert (told["function"], told["user_id"]) == ("scrape", api.user_id)


def test_an_answer_that_cannot_be_made_is_logged_without_its_parts() -> None:
    with pytest.raises(ValidationError) as failed:
        Me.model_validate({"email": ["noor@orbitdesk.example"]})
    assert "noor@" not in str(failed.value)


def _holds_no_secret(told: str, api: Api) -> None:
    assert str(api.key) not in told
    assert "sb_local" not in told  # our own key at the data provider
    assert not ADDRESS.search(told)
    assert not [bio for bio in BIOS if bio in told]


def _lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


class _Event:
    context = None

    def __init__(self, event: dict[str, object]) -> None:
        self._event = event

    def to_dict(self) -> dict[str, object]:
        return self._event


def test_every_alarmed_metric_is_counted_somewhere() -> None:
    source = "".join(file.read_text() for file in (ROOT / "chalicelib").rglob("*.py"))
    for metric, *_ in _BUSINESS:
        assert f'count("{metric}"' in source, metric


def test_every_function_is_observed() -> None:
    text = (ROOT / "app.py").read_text()
    workers = [function for function in functions(app) if function.name != "api_handler"]
    assert text.count("@observed") == len(workers)
