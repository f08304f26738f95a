"""What an operator states of a stage: where it ends up, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.conftest import Account, Template, a_template
from tools.deploy.filling import values_of
from tools.deploy.stack import DeployFailed

DECLARED = {"Parameters": {"Note": {"Type": "String"}, "UiOrigin": {"Default": "https://one"}}}


def _with_an_api() -> Template:
    template = a_template()
    template["Parameters"]["UiOrigin"] = {"Type": "String", "Default": "https://one.example"}
    template["Resources"]["RestAPI"] = {
        "Type": "AWS::Serverless::Api",
        "Properties": {
            "StageName": "api",
            "DefinitionBody": {
                "swagger": "2.0",
                "info": {"title": {"Fn::Sub": "ctgo-${Stage}"}, "version": "1.0"},
                "paths": {},
                "tags": [{"name": {"Fn::Sub": "'${UiOrigin}' in ${AWS::Region}"}}],
            },
        },
    }
    return template


@pytest.mark.parametrize("given", [{}, {"UiOrigin": "https://two.example"}])
def test_the_document_of_an_api_has_them_written_in(
    account: Account, given: dict[str, str]
) -> None:
    account.deploy(_with_an_api(), **given)
    api = account.handed_over()["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    origin = given.get("UiOrigin", "https://one.example")
    assert api["info"]["title"] == {"Fn::Sub": "ctgo-prod"}
    assert api["tags"] == [{"name": {"Fn::Sub": f"'{origin}' in ${{AWS::Region}}"}}]


def test_a_sender_that_is_not_stated_is_the_templates(account: Account) -> None:
    template = a_template()
    template["Parameters"]["MailSender"]["Default"] = "default@example.org"
    account.deploy(template, MailSender=None)
    assert any("made the SES identity default@example.org" in said for said in account.said)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"Tracing": "true"}, "Tracing is no parameter"),
        ({"Note": True}, "Note must be a text"),
        ({"Note": None, "UIOrigin": "x"}, "UIOrigin is no parameter; Note must be a text"),
    ],
)
def test_what_is_no_parameter(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(DeployFailed, match=said):
        values_of(DECLARED, parameters)


def test_a_slip_is_refused_before_anything_is_made(account: Account) -> None:
    with pytest.raises(DeployFailed, match="Notes is no parameter"):
        account.deploy(a_template(), Notes="one")
    buckets = account.client("s3").list_buckets()["Buckets"]
    assert "ctgo-archives" not in {bucket["Name"] for bucket in buckets}
