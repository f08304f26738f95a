"""The template becomes resources, whatever the emulator leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from chalicelib.mail import Mailer
from chalicelib.settings import settings
from localdev import bootstrap, environment, ports
from localdev.children import Child
from localdev.scheduler.book import Book
from localdev.scheduler.clock import Clock
from localdev.scheduler.server import Server
from localdev.scheduler.wire import Operations
from localdev.waiting import until
from tests.localdev.conftest import TEMPLATE
from tests.localdev.serving import served


@pytest.fixture
def scheduler_url() -> Iterator[str]:
    clock = Clock()
    server = Server(Operations(Book(None, clock.now()), clock), ports.free_port())
    with served(server) as url:
        yield url


def test_everything_in_the_template_is_there(aws_url: str, scheduler_url: str) -> None:
    made = bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url, scheduler_url=scheduler_url)

    assert made["Notes"] == "tiny-local-notes"
    dynamodb = environment.client("dynamodb", aws_url)
    expiry = dynamodb.describe_time_to_live(TableName="tiny-local-notes")["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName="tiny-local-notes")
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    sqs = environment.client("sqs", aws_url)
    url = sqs.get_queue_url(QueueName="tiny-local-jobs")["QueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    assert "tiny-local-jobs-dlq" in policy["Attributes"]["RedrivePolicy"]


def test_mail_may_come_from_the_sender(aws_url: str) -> None:
    for _ in range(2):
        bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url)
    ses = environment.client("ses", aws_url)
    assert ses.list_identities()["Identities"] == [settings().mail_sender]
    Mailer(ses, settings().mail_sender).send("ann@example.org", "Hello", "Hello")
    with pytest.raises(ClientError, match="not verified"):
        Mailer(ses, "other@example.org").send("ann@example.org", "Hello", "Hello")


def test_schedules_move_to_our_clock_with_their_zone(aws_url: str, scheduler_url: str) -> None:
    for _ in range(2):
        bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url, scheduler_url=scheduler_url)

    name = {"Name": "tiny-local-nightly", "GroupName": "tiny-local-streams"}
    ours = environment.client("scheduler", scheduler_url).get_schedule(**name)
    assert ours["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert ours["State"] == "ENABLED"
    assert ours["Target"]["Arn"].endswith(":tiny-local-jobs")
    theirs = environment.client("scheduler", aws_url).get_schedule(**name)
    assert theirs["State"] == "DISABLED"


def test_a_second_deployment_changes_nothing_and_keeps_rows(aws_url: str) -> None:
    bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url)
    dynamodb = environment.client("dynamodb", aws_url)
    dynamodb.put_item(TableName="tiny-local-notes", Item={"id": {"S": "kept"}})

    bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url)

    assert dynamodb.scan(TableName="tiny-local-notes")["Count"] == 1


def test_a_changed_template_updates_the_stack(aws_url: str, tmp_path: Path) -> None:
    bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url)
    changed = tmp_path / "changed.yaml"
    changed.write_text(TEMPLATE.read_text().replace("VisibilityTimeout: 1", "VisibilityTimeout: 7"))

    bootstrap.deploy(changed, "local", aws_url=aws_url)

    sqs = environment.client("sqs", aws_url)
    url = sqs.get_queue_url(QueueName="tiny-local-jobs")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"]["VisibilityTimeout"] == "7"


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        ("AWS::IAM::Role", "AWS::Nope::Thing", "Nope"),
        ("VisibilityTimeout: 1", "VisibilityTimeout: 999999", "Jobs.*VisibilityTimeout"),
    ],
)
def test_a_refused_template_says_why_and_can_be_repaired(
    aws_url: str, tmp_path: Path, right: str, wrong: str, why: str
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(TEMPLATE.read_text().replace(right, wrong))
    with pytest.raises((bootstrap.DeployFailed, ClientError), match=why):
        bootstrap.deploy(bad, "local", aws_url=aws_url)

    assert "Notes" in bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url)


def test_the_template_deploys_to_a_second_emulator(tmp_path: Path) -> None:
    """moto, independent of MiniStack; its CloudFormation knows tables and queues, no schedules."""
    port = ports.free_port()
    module = ["moto.server", "-H", "127.0.0.1", "-p", str(port)]
    moto = Child("moto", module, log=tmp_path / "moto.log", env=environment.isolated())
    moto.start()
    until(lambda: ports.is_open(port), seconds=30, what="moto")
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(2):
            bootstrap.deploy(TEMPLATE, "local", aws_url=url, scheduler_url=url)
        dynamodb = environment.client("dynamodb", url)
        expiry = dynamodb.describe_time_to_live(TableName="tiny-local-notes")
        assert expiry["TimeToLiveDescription"]["AttributeName"] == "expires_at"
        queues = environment.client("sqs", url).list_queues()["QueueUrls"]
        names = sorted(queue.rpartition("/")[2] for queue in queues)
        assert names == ["tiny-local-jobs", "tiny-local-jobs-dlq"]
    finally:
        moto.stop()
