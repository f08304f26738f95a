"""The merged template of each stage, and the rules that we hold it against."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from app import app
from tools.infra_rules import faults
from tools.packaging import policies
from tools.packaging.alarms import alarms
from tools.packaging.functions import configured, functions
from tools.packaging.mending import FEW_WORKERS, TooFewWorkers, workers_of
from tools.packaging.merging import Contradiction, merge
from tools.packaging.template import full_template
from tools.packaging.tree import ROOT

Template = dict[str, Any]


@pytest.fixture(scope="module", params=["dev", "prod"])
def stage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def template(stage: str) -> Template:
    return full_template(stage, "arm64")


def test_our_rules_hold(template: Template, stage: str) -> None:
    assert list(faults(template, stage, ROOT)) == []


def test_everything_referred_to_is_there(template: Template) -> None:
    known = {*template["Resources"], *template["Parameters"]}
    missing = {name for name in _referred(template) if name not in known and "::" not in name}
    assert missing == set()


def _referred(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_referred, node))
    if not isinstance(node, dict):
        return set()
    own = {node["Ref"].partition(".")[0]} if isinstance(node.get("Ref"), str) else set()
    if "Fn::GetAtt" in node:
        own.add(node["Fn::GetAtt"][0])
    return own.union(*map(_referred, node.values())) if node else own


def test_chalices_own_log_fault_is_mended(template: Template) -> None:
    log = template["Resources"]["ApiHandlerLogGroup"]["Properties"]
    assert log["LogGroupName"] == {"Fn::Sub": "/aws/lambda/ctgo-${Stage}-api_handler"}


def test_no_authorizer_whose_template_chalice_gets_wrong() -> None:
    assert app.builtin_auth_handlers == []


def test_every_function_is_configured() -> None:
    settled = configured()["lambda_functions"]
    for function in functions(app):
        own = settled[function.name]
        assert own["iam_policy_file"] == policies.policy_file(function).name
        assert policies.policy_file(function).is_file()
    assert set(settled) == {function.name for function in functions(app)}


def test_prod_reserves_places_for_every_function() -> None:
    places = configured()["stages"]["prod"]["lambda_functions"]
    assert set(places) == {function.name for function in functions(app)}
    reserved = sum(own["reserved_concurrency"] for own in places.values())
    assert reserved <= 900  # an account has 1,000, of which AWS keeps 100 unreserved
    said = (ROOT / "docs" / "deploy.md").read_text()
    assert f"`prod` reserves {reserved} concurrent executions" in said


def test_a_queues_function_with_one_place_is_refused() -> None:
    assert workers_of({"Handler": "app.deliver"}) == FEW_WORKERS
    assert workers_of({"Handler": "app.deliver", "ReservedConcurrentExecutions": 2}) == 2
    with pytest.raises(TooFewWorkers, match=r"app\.deliver reserves 1 concurrent executions"):
        workers_of({"Handler": "app.deliver", "ReservedConcurrentExecutions": 1})


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_functions_run_on_the_architecture_of_the_archive(architecture: str) -> None:
    for made in full_template("dev", architecture)["Resources"].values():
        if made["Type"] == "AWS::Serverless::Function":
            assert made["Properties"]["Architectures"] == [architecture]


def test_unknown_methods_reach_the_app(template: Template) -> None:
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    assert all("x-amazon-apigateway-any-method" in methods for methods in paths.values())


def test_prod_is_protected_and_dev_can_be_thrown_away(template: Template, stage: str) -> None:
    table = template["Resources"]["WorkspaceTable"]["Properties"]
    assert table["DeletionProtectionEnabled"] == (stage == "prod")
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    kept = {name for name, made in template["Resources"].items() if _is_kept(made)}
    if stage == "prod":
        assert {"WorkspaceTable", "LeadsTable", "FilesBucket"} <= kept
        assert not {"NoticesTable", "ApiHandlerLogGroup"} & kept
    else:
        assert kept == set()


def _is_kept(resource: dict[str, Any]) -> bool:
    return "Retain" in (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))


def test_a_preflight_is_answered_with_the_origin_of_the_parameter(template: Template) -> None:
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    allowed = "method.response.header.Access-Control-Allow-Origin"
    for methods in paths.values():
        answers = methods["options"]["x-amazon-apigateway-integration"]["responses"]
        assert answers["default"]["responseParameters"][allowed] == {"Fn::Sub": "'${UiOrigin}'"}


def test_the_sender_is_not_the_stacks(template: Template) -> None:
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::SES::EmailIdentity" not in kinds


def test_no_secret_stands_in_the_template(template: Template) -> None:
    variables = template["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert variables["SECRETS"] == {"Fn::Sub": "ctgo/${Stage}/settings"}
    assert not {"KEY_PEPPER", "CURSOR_SECRET", "STRIPE_API_KEY"} & set(variables)


def test_every_alarm_says_what_to_do(template: Template) -> None:
    made = list(alarms(template, list(functions(app))))
    assert len({alarm.logical_id for alarm in made}) == len(made)
    for alarm in made:
        assert (ROOT / "docs" / "runbook" / f"{alarm.page}.md").is_file(), alarm.page


def test_what_the_alarms_cost(template: Template) -> None:
    count = sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in template["Resources"].values())
    said = (ROOT / "docs" / "cost.md").read_text()
    assert f"| {count} alarms, 0.10 each beyond ten | {(count - 10) * 0.1:.2f} |" in said


def test_a_night_without_its_job_is_told_and_a_later_one_is_not(template: Template) -> None:
    alarm = template["Resources"]["NightlyMissedAlarm"]["Properties"]
    assert alarm["TreatMissingData"] == "breaching"
    assert "DatapointsToAlarm" not in alarm  # every hour must be empty
    looked_at = alarm["Period"] * alarm["EvaluationPeriods"]
    assert 24 * 3600 + alarm["Period"] <= looked_at <= 26 * 3600


def test_alarms_look_back_no_longer_than_cloudwatch_does(template: Template) -> None:
    for name, alarm in template["Resources"].items():
        if alarm["Type"] == "AWS::CloudWatch::Alarm":
            period, times = (alarm["Properties"][each] for each in ("Period", "EvaluationPeriods"))
            assert period * times <= (86_400 if period < 3600 else 7 * 86_400), name


def test_the_dashboard_is_json(template: Template) -> None:
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    titles = {widget["properties"]["title"] for widget in json.loads(body)["widgets"]}
    assert {"Dead letters", "What runs find", "Latency, p95"} <= titles


ANSWERS = "RestAPI/Properties/DefinitionBody/x-amazon-apigateway-gateway-responses"
PREFLIGHT = (
    "RestAPI/Properties/DefinitionBody/paths/~api~v2~streams/options/"
    "x-amazon-apigateway-integration/responses/default"
)
"""A tilde stands for a slash inside a name."""
VARIABLES = "APIHandler/Properties/Environment/Variables"


def _drop(path: str) -> Callable[[Template], None]:
    def drop(template: Template) -> None:
        *parents, last = path.split("/")
        node = template["Resources"]
        for name in parents:
            node = node[name]
        del node[last]

    return drop


def _change(path: str, value: Any) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        *parents, last = path.split("/")
        node = template["Resources"]
        for name in parents:
            node = node[int(name)] if name.isdigit() else node[name.replace("~", "/")]
        node[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_change("ScrapeQueue/Properties/VisibilityTimeout", 60), "hides a message 60 s"),
        (_change("ScrapeQueue/Properties/RedrivePolicy", {}), "no dead-letter queue"),
        (_change("RunsQueue/Properties/SqsManagedSseEnabled", False), "is not encrypted"),
        (
            _change("Scrape/Properties/Role", {"Fn::GetAtt": ["EnrichRole", "Arn"]}),
            "shares the role",
        ),
        (
            _change(
                "ScrapeRole/Properties/Policies/0/PolicyDocument/Statement/0/Action",
                ["dynamodb:*"],
            ),
            "allows ['dynamodb:*']",
        ),
        (
            _change("ScrapeRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource", ["*"]),
            "on everything",
        ),
        (_change("ScrapeLogGroup/Properties/RetentionInDays", None), "keeps its log for ever"),
        (_change("RestAPI/Properties/MethodSettings", []), "any number of requests"),
        (
            _change("RestAPI/Properties/MethodSettings/0/MetricsEnabled", True),
            "pays for five metrics of each method",
        ),
        (_change(f"{ANSWERS}/THROTTLED/responseParameters", {}), "no CORS headers"),
        (_change(ANSWERS, {}), "answers DEFAULT_5XX in the shape of AWS"),
        (
            _change("Answer", {"Type": "AWS::ApiGateway::GatewayResponse"}),
            "may be made after the API is deployed",
        ),
        (_drop("RestAPI/Properties/OpenApiVersion"), "a second stage, without limits"),
        (_change("RestAPI/Properties/DefinitionBody/info/title", "ctgo"), "has two names"),
        (
            _change(f"{PREFLIGHT}/responseParameters", {"x": "'https://www.catchthegoodones.com'"}),
            "RestAPI has the address www.catchthegoodones.com written in it",
        ),
        (
            _change(
                "APIHandler/Properties/Environment/Variables/MAIL_SENDER", "a@catchthegoodones.com"
            ),
            "APIHandler has the address catchthegoodones.com written in it",
        ),
        (_change("LeadsTable/UpdateReplacePolicy", "Snapshot"), "kept on one path"),
        (_drop("LeadsTable/Properties/PointInTimeRecoverySpecification"), "a point in time"),
        (_drop("Scrape/Properties/RecursiveLoop"), "is stopped where it hands work on to itself"),
        (_change("SettleBilling/Properties/RecursiveLoop", "Allow"), "SettleBilling may loop"),
        (_change("RunsQueueAgeAlarm/Properties/AlarmDescription", "x"), "which is not there"),
    ],
)
def test_a_broken_rule_is_named(
    template: Template, stage: str, change: Callable[[Template], None], said: str
) -> None:
    broken = copy.deepcopy(template)
    change(broken)
    assert any(said in fault for fault in faults(broken, stage, ROOT))


@pytest.mark.parametrize(
    ("stage", "resource", "policy", "said"),
    [
        ("dev", "LeadsTable", "Retain", "LeadsTable outlives its stack"),
        ("dev", "FilesBucket", "Retain", "FilesBucket outlives its stack"),
        ("prod", "LeadsTable", "Delete", "LeadsTable goes with its stack"),
        ("prod", "FilesBucket", "Delete", "keeps a stack from being deleted"),
    ],
    indirect=["stage"],
)
def test_what_outlives_a_stage(
    template: Template, stage: str, resource: str, policy: str, said: str
) -> None:
    broken = copy.deepcopy(template)
    broken["Resources"][resource] |= {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
    assert any(said in fault for fault in faults(broken, stage, ROOT))


def test_what_two_templates_say_differently_is_refused() -> None:
    assert merge({"Resources": {"A": 1}}, {"Resources": {"A": 1, "B": 2}}) == {
        "Resources": {"A": 1, "B": 2}
    }
    with pytest.raises(Contradiction, match="A is declared twice"):
        merge({"Resources": {"A": 1}}, {"Resources": {"A": 2}})
