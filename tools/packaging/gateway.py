"""The API of Chalice's template, put right: its name, its limits, what it answers by itself."""

from __future__ import annotations

from typing import Any

THROTTLE_RATE = 200
"""Requests a second that the gateway lets through; the rest gets 429 at no cost."""
THROTTLE_BURST = 400
NAME = {"Fn::Sub": "ctgo-${Stage}"}
ORIGIN = {"Fn::Sub": "'${UiOrigin}'"}
_ALLOWED = "method.response.header.Access-Control-Allow-Origin"


def mend_api(properties: dict[str, Any], answers: dict[str, Any]) -> None:
    """Change the AWS::Serverless::Api in place; `answers` is infra/gateway.yaml."""
    document = properties["DefinitionBody"]
    properties["Name"] = NAME
    # API Gateway calls an API what its document's title says, and alarms look for that name.
    document["info"]["title"] = NAME
    # Where no version is stated, SAM makes a second stage, named `Stage`, that nothing throttles.
    properties["OpenApiVersion"] = document["swagger"]
    properties["TracingEnabled"] = {"Fn::If": ["IsTraced", True, False]}
    properties["MethodSettings"] = [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingRateLimit": THROTTLE_RATE,
            "ThrottlingBurstLimit": THROTTLE_BURST,
        }
    ]
    document |= answers
    for methods in document["paths"].values():
        _mend_preflight(methods["options"])
        methods["x-amazon-apigateway-any-method"] = _any_other(methods)


def _mend_preflight(options: dict[str, Any]) -> None:
    """Chalice writes down the origin that the app has where it is packaged."""
    for answer in options["x-amazon-apigateway-integration"]["responses"].values():
        answer["responseParameters"][_ALLOWED] = ORIGIN


def _any_other(methods: dict[str, Any]) -> dict[str, Any]:
    """Gateway responses cannot tell an unknown method from an unknown path; the app can."""
    known = next(entry for name, entry in methods.items() if name != "options")
    return {
        "responses": {},
        "produces": known["produces"],
        "x-amazon-apigateway-integration": known["x-amazon-apigateway-integration"],
    }
