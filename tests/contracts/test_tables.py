"""The template in infra/ and the models in the code describe the same tables and queues."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from chalice.app import SQSEventConfig

import chalicelib
from app import app
from chalicelib import db
from chalicelib.settings import settings
from localdev import environment, template

PARSED = template.load((environment.ROOT / "infra" / "resources.yaml").read_text())
TABLES: dict[str, dict[str, Any]] = {
    _name: properties
    for properties in template.properties(PARSED, "AWS::DynamoDB::Table").values()
    if (_name := str(properties["TableName"]["Fn::Sub"]).replace("ctgo-${Stage}-", ""))
}
QUEUES: dict[str, dict[str, Any]] = {
    str(properties["QueueName"]["Fn::Sub"]).replace("ctgo-${Stage}-", ""): properties
    for properties in template.properties(PARSED, "AWS::SQS::Queue").values()
}


for _module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    import_module(_module.name)  # rooms load when they are called; here every model must be there


def _models(of: type[db.Table] = db.Table) -> list[type[db.Table]]:
    found = []
    for model in of.__subclasses__():
        found += [model, *_models(model)]
    return found


def _keys(schema: list[dict[str, str]]) -> dict[str, str]:
    lower = [{name.lower(): value for name, value in each.items()} for each in schema]
    return {each["keytype"]: each["attributename"] for each in lower}


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_every_model_has_its_table_with_its_keys_and_indexes(model: type[db.Table]) -> None:
    declared = TABLES[model.Meta.name]
    schema = model._get_schema()
    assert _keys(declared["KeySchema"]) == {
        each["KeyType"]: each["AttributeName"] for each in schema["key_schema"]
    }
    indexes = {each["IndexName"]: each for each in declared.get("GlobalSecondaryIndexes", [])}
    of_model = {each["index_name"]: each for each in schema["global_secondary_indexes"]}
    assert indexes.keys() == of_model.keys()
    for name, index in indexes.items():
        assert _keys(index["KeySchema"]) == {
            each["KeyType"]: each["AttributeName"] for each in of_model[name]["key_schema"]
        }
        assert index["Projection"] == of_model[name]["projection"]
    types = {
        each["AttributeName"]: each["AttributeType"] for each in declared["AttributeDefinitions"]
    }
    for each in schema["attribute_definitions"]:
        assert types[each["AttributeName"]] == each["AttributeType"]


def test_every_table_has_a_model() -> None:
    assert TABLES.keys() == {model.Meta.name for model in _models()}


def test_every_queue_has_a_dead_letter_queue() -> None:
    work = {name for name in QUEUES if not name.endswith("-dlq")}
    assert {f"{name}-dlq" for name in work} == QUEUES.keys() - work
    for name in work:
        redrive = QUEUES[name]["RedrivePolicy"]
        assert redrive["maxReceiveCount"] == 5
        target = redrive["deadLetterTargetArn"]["Fn::GetAtt"]
        assert (target if isinstance(target, str) else target[0]).startswith(name.capitalize())


def test_every_handler_is_declared_in_app_and_every_queue_has_one() -> None:
    sources = [source for source in app.event_sources if isinstance(source, SQSEventConfig)]
    assert all(source.handler_string.startswith("app.") for source in sources)
    consumed = {str(source.queue).removeprefix(settings().resource("")) for source in sources}
    assert consumed == {name for name in QUEUES if not name.endswith("-dlq")}
    assert all(source.batch_size == 1 for source in sources)
