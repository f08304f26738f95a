"""What AWS makes of the serverless part of our template, by the code that AWS publishes for it."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from localdev import environment, ministack
from tools.deploy.filling import fill_apis, values_of
from tools.packaging.template import full_template

TRANSLATE = """
import json, sys
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
template = json.load(sys.stdin)
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://archives/code.zip"
given = {name: each.get("Default") for name, each in template["Parameters"].items()}
json.dump(Translator({}, Parser()).translate(template, given), sys.stdout)
"""


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return full_template("prod", "arm64")


@pytest.fixture(scope="module")
def made(template: dict[str, Any]) -> dict[str, Any]:
    """The resources of prod, after the transform."""
    return _translated(template)


def _translated(template: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [str(Path(ministack.install())), "-c", TRANSLATE],
        input=json.dumps(template),
        env=environment.isolated(),
        capture_output=True,
        text=True,
        check=True,
    )
    resources: dict[str, Any] = json.loads(done.stdout)["Resources"]
    return resources


def _of_kind(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in made.values() if each["Type"] == kind]


def test_there_is_one_stage_and_it_is_throttled(made: dict[str, Any]) -> None:
    (stage,) = _of_kind(made, "AWS::ApiGateway::Stage")
    assert stage["StageName"] == "api"
    assert stage["MethodSettings"][0]["ThrottlingRateLimit"] == 200
    (deployment,) = _of_kind(made, "AWS::ApiGateway::Deployment")
    assert "StageName" not in deployment


def test_the_api_brings_its_own_answers_and_is_called_what_alarms_look_for(
    made: dict[str, Any],
) -> None:
    (api,) = _of_kind(made, "AWS::ApiGateway::RestApi")
    assert set(api["Body"]["x-amazon-apigateway-gateway-responses"]) == {
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "REQUEST_TOO_LARGE",
        "THROTTLED",
    }
    assert api["Body"]["info"]["title"] == api["Name"] == {"Fn::Sub": "ctgo-${Stage}"}
    assert _of_kind(made, "AWS::ApiGateway::GatewayResponse") == []
    alarms = _of_kind(made, "AWS::CloudWatch::Alarm")
    (watched,) = [each for each in alarms if each["MetricName"] == "5XXError"]
    assert watched["Dimensions"] == [{"Name": "ApiName", "Value": api["Name"]}]


def test_an_origin_that_changed_is_deployed(template: dict[str, Any]) -> None:
    deployments = [
        next(
            name
            for name, each in _translated(_filled(template, origin)).items()
            if each["Type"] == "AWS::ApiGateway::Deployment"
        )
        for origin in ("https://one.example", "https://two.example", "https://one.example")
    ]
    assert deployments[0] == deployments[2] != deployments[1]


def _filled(template: dict[str, Any], origin: str) -> dict[str, Any]:
    filled = copy.deepcopy(template)
    fill_apis(filled, values_of(filled, {"UiOrigin": origin}))
    body = filled["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    assert "${UiOrigin}" not in json.dumps(body)
    assert "${APIHandler.Arn}" in json.dumps(body)
    return filled


def test_functions_that_hand_work_on_to_themselves_are_not_stopped(made: dict[str, Any]) -> None:
    loops = {
        name
        for name, each in made.items()
        if each["Type"] == "AWS::Lambda::Function"
        and each["Properties"].get("RecursiveLoop") == "Allow"
    }
    assert loops == {"StartRun", "Scrape", "Enrich", "Deliver", "KeepUp"}
