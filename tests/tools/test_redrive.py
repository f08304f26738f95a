"""Dead letters go back to the queue they died on, all of them, as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from localdev import environment, ports
from tests.emulators import STAGE
from tools import redrive
from tools.redrive import Queue, Refused

NUMBER = 23
"""More than two receives bring."""


@pytest.fixture
def sqs(aws: str) -> Any:
    return environment.client("sqs", aws)


@pytest.fixture
def queue(sqs: Any) -> Queue:
    return redrive.find(sqs, STAGE, "scrape")


def _bury(sqs: Any, queue: Queue) -> None:
    for number in range(NUMBER):
        sqs.send_message(
            QueueUrl=queue.dead_url,
            MessageBody=json.dumps({"number": number}),
            MessageGroupId=f"user{number % 3}",
        )


def _numbers(sqs: Any, url: str) -> dict[int, str]:
    found = {}
    while messages := redrive._take(sqs, url):
        for message in messages:
            number = json.loads(message["Body"])["number"]
            found[number] = message["Attributes"]["MessageGroupId"]
    return found


def test_all_go_back(sqs: Any, queue: Queue) -> None:
    _bury(sqs, queue)
    assert redrive.count(sqs, queue.dead_url) == NUMBER
    assert list(redrive.redrive(sqs, queue)) == [10, 20, NUMBER]
    assert redrive.count(sqs, queue.dead_url) == 0
    assert _numbers(sqs, queue.url) == {number: f"user{number % 3}" for number in range(NUMBER)}
    assert list(redrive.redrive(sqs, queue)) == []


def test_sqs_moves_them_where_it_can(sqs: Any, queue: Queue) -> None:
    statuses = [("RUNNING", 3), ("COMPLETED", NUMBER)]
    pauses: list[float] = []
    arns = {url: redrive._arn(sqs, url) for url in (queue.url, queue.dead_url)}
    with Stubber(sqs) as stub:
        for url in (queue.dead_url, queue.url):
            stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": arns[url]}})
        stub.add_response(
            "start_message_move_task",
            {"TaskHandle": "task"},
            {"SourceArn": arns[queue.dead_url], "DestinationArn": arns[queue.url]},
        )
        for status, moved in statuses:
            answer = {"Attributes": {"QueueArn": arns[queue.dead_url]}}
            stub.add_response("get_queue_attributes", answer)
            row = {"Status": status, "ApproximateNumberOfMessagesMoved": moved}
            stub.add_response("list_message_move_tasks", {"Results": [row]})
        assert list(redrive.redrive(sqs, queue, sleep=pauses.append)) == [3, NUMBER]
    assert len(pauses) == 1


@pytest.mark.parametrize("name", ["scrape", "scrape-dlq", f"ctgo-{STAGE}-scrape-dlq"])
def test_a_queue_has_several_names(sqs: Any, queue: Queue, name: str) -> None:
    assert redrive.find(sqs, STAGE, name) == queue


@pytest.mark.parametrize("name", ["", "scrap", "scrape-dlq-dlq"])
def test_an_unknown_queue_is_told_those_there_are(sqs: Any, name: str) -> None:
    with pytest.raises(Refused, match=r"billing, .*enrich, .*runs, scrape, upkeep"):
        redrive.find(sqs, STAGE, name)


def test_an_unknown_stage(sqs: Any) -> None:
    with pytest.raises(Refused, match="no queues of stage nowhere"):
        redrive.find(sqs, "nowhere", "scrape")


def test_the_command(
    aws: str, sqs: Any, queue: Queue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = tmp_path / "dev.json"

    def command() -> str:
        redrive.main(["scrape"], local=facts, local_stage=STAGE)
        return capsys.readouterr().out

    with pytest.raises(SystemExit, match="make dev"):
        command()
    facts.write_text(json.dumps({"awsUrl": f"http://127.0.0.1:{ports.free_port()}"}))
    with pytest.raises(SystemExit, match="make dev"):  # it was killed and left its file
        command()
    facts.write_text(json.dumps({"awsUrl": aws}))
    assert "no dead letters" in command()
    _bury(sqs, queue)
    assert f"{NUMBER} messages are back in ctgo-{STAGE}-scrape" in command()
