"""What a log says: whose work it was, by ids; never a key, an address of a mail or a bio."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

import pytest

from app import app
from chalicelib import telemetry
from tests.api_client import Api
from tests.queue_hand import QueueHand
from tests.worlds import BIOS
from tools.packaging.alarms import _BUSINESS
from tools.packaging.functions import functions
from tools.packaging.tree import ROOT

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
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own error: the job is none
        queues.drain()
    told = log.getvalue()
    assert "refused" in told
    assert str(api.key) not in told
    assert not ADDRESS.search(told)
    assert not [bio for bio in BIOS if bio in told]


def test_a_worker_names_its_job(log: io.StringIO) -> None:
    event = {"Records": [{"body": json.dumps({"user_id": 5, "stream_id": 6, "bio": "x"})}]}

    @telemetry.observed
    def handler(_event: object) -> None:
        telemetry.logger.info("at work")

    handler(_Event(event))
    line = json.loads(log.getvalue().splitlines()[-1])
    assert (line["function"], line["user_id"], line["stream_id"]) == ("handler", 5, 6)
    assert "bio" not in line


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
