"""Parameters written into the template where CloudFormation would fill them in too late.

SAM deploys the API anew only where the API's document reads otherwise than before, and it looks
before parameters are filled in. An origin that changed would get into the document and never to
callers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localdev import template as templates
from tools.deploy.stack import DeployFailed

Template = dict[str, Any]


def values_of(template: Template, parameters: Mapping[str, Any]) -> dict[str, str]:
    """What the parameters of a deployment come to: those given, and the defaults of others.

    Raises DeployFailed naming every one that the template does not declare, or that is no text.
    """
    declared = template["Parameters"]
    faults = [f"{name} is no parameter" for name in sorted(parameters.keys() - declared)]
    faults += [
        f"{name} must be a text"
        for name, value in sorted(parameters.items())
        if not isinstance(value, str)
    ]
    if faults:
        raise DeployFailed(f"the parameters of the stage: {'; '.join(faults)}")
    defaults = {name: each["Default"] for name, each in declared.items() if "Default" in each}
    return defaults | dict(parameters)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the values in place of `${name}`; other names stay."""
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def fill_apis(template: Template, values: Mapping[str, str]) -> None:
    """Write the values into the documents of APIs, in place."""
    for api in templates.properties(template, "AWS::Serverless::Api").values():
        api["DefinitionBody"] = _filled(api["DefinitionBody"], values)


def _filled(node: Any, values: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_filled(each, values) for each in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("Fn::Sub"), str):
        return {"Fn::Sub": fill(node["Fn::Sub"], values)}
    return {name: _filled(value, values) for name, value in node.items()}
