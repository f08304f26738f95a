"""A deployment that failed, or was broken off, can be repeated, and what holds data is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.conftest import PARAMETERS, STAGE, Account, a_template, cannot_be_made, table
from tools.deploy.stack import DeployFailed

LEAD = {"id": {"S": "1"}}


def _fail_first(account: Account) -> None:
    broken = a_template()
    broken["Resources"]["Broken"] = cannot_be_made("LeadsTable", "FilesBucket")
    with pytest.raises(DeployFailed, match=r"Broken: .*Invalid API identifier"):
        account.deploy(broken)


def test_a_first_deployment_that_failed_is_repeated(account: Account) -> None:
    _fail_first(account)
    assert account.status() == "ROLLBACK_COMPLETE"
    assert account.tables() == ["ctgo-prod-leads"]
    account.client("dynamodb").put_item(TableName="ctgo-prod-leads", Item=LEAD)
    assert account.deploy(a_template()) == {"Note": "one"}
    assert account.status() == "UPDATE_COMPLETE"
    assert account.owned() == {"LeadsTable", "FilesBucket", "RunsQueue"}
    assert account.said[0].startswith("ctgo-prod stands in ROLLBACK_COMPLETE")
    assert any("taken into the stack: ctgo-prod-files-" in said for said in account.said)
    kept = account.client("dynamodb").get_item(TableName="ctgo-prod-leads", Key=LEAD)
    assert kept["Item"] == LEAD


def test_it_fails_for_the_same_reason_as_often_as_it_is_tried(account: Account) -> None:
    _fail_first(account)
    _fail_first(account)
    _fail_first(account)
    account.deploy(a_template())
    assert account.owned() == {"LeadsTable", "FilesBucket", "RunsQueue"}


def test_a_stack_that_was_deleted_comes_back_to_its_tables(account: Account) -> None:
    account.deploy(a_template())
    account.client("dynamodb").put_item(TableName="ctgo-prod-leads", Item=LEAD)
    account.client("cloudformation").delete_stack(StackName=f"ctgo-{STAGE}")
    account.deploy(a_template())
    assert account.client("dynamodb").scan(TableName="ctgo-prod-leads")["Count"] == 1
    assert "LeadsTable" in account.owned()


def test_an_update_that_failed_is_repeated(account: Account) -> None:
    account.deploy(a_template())
    grown = a_template()
    grown["Resources"]["PairsTable"] = table("pairs")
    broken = a_template()
    broken["Resources"] |= {**grown["Resources"], "Broken": cannot_be_made("PairsTable")}
    with pytest.raises(DeployFailed) as failed:
        account.deploy(broken)
    assert str(failed.value).startswith("Broken: ")
    assert account.tables() == ["ctgo-prod-leads", "ctgo-prod-pairs"]
    assert "PairsTable" not in account.owned()
    account.deploy(grown, Note="two")
    assert account.owned() == {"LeadsTable", "FilesBucket", "RunsQueue", "PairsTable"}


def test_only_what_failed_this_time_is_told(account: Account) -> None:
    account.deploy(a_template())
    for name in ("First", "Second"):
        broken = a_template()
        broken["Resources"][name] = cannot_be_made()
        with pytest.raises(DeployFailed) as failed:
            account.deploy(broken)
        assert str(failed.value).startswith(f"{name}: ")
        assert len(str(failed.value).splitlines()) == 1


@pytest.mark.parametrize("stood", [False, True], ids=["first", "later"])
def test_a_change_set_that_nobody_carried_out_is_replaced(account: Account, stood: bool) -> None:
    if stood:
        account.deploy(a_template())
    _leave_a_change_set(account, "UPDATE" if stood else "CREATE")
    changed = a_template()
    changed["Resources"]["MoreQueue"] = {"Type": "AWS::SQS::Queue"}
    account.deploy(changed)
    assert "MoreQueue" in account.owned()


def _leave_a_change_set(account: Account, kind: str) -> None:
    client = account.client("cloudformation")
    named = {"StackName": f"ctgo-{STAGE}", "ChangeSetName": "ctgo"}
    if kind == "UPDATE":
        client.delete_change_set(**named)  # the one that was carried out
    client.create_change_set(
        **named,
        ChangeSetType=kind,
        TemplateBody='{"Resources": {"Other": {"Type": "AWS::SQS::Queue"}}}',
    )


def test_a_second_deployment_of_the_same_changes_nothing(account: Account) -> None:
    first = account.deploy(a_template())
    assert account.deploy(a_template()) == first
    assert account.said == ["nothing to change"]


def test_a_sender_that_is_there_already_is_taken_as_it_is(account: Account) -> None:
    senders: Any = account.client("sesv2")
    senders.create_email_identity(
        EmailIdentity=PARAMETERS["MailSender"], Tags=[{"Key": "made", "Value": "beforehand"}]
    )
    account.deploy(a_template())
    assert not any("identity" in said for said in account.said)
    kept = senders.get_email_identity(EmailIdentity=PARAMETERS["MailSender"])
    assert kept["Tags"] == [{"Key": "made", "Value": "beforehand"}]
    with_another = account.deploy(a_template(), MailSender="other@example.org")
    assert any("made the SES identity other@example.org" in said for said in account.said)
    assert with_another == {"Note": "one"}
