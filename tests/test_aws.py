"""The session of all clients: what botocore does for our services it still does, and no more."""

from __future__ import annotations

import pytest
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import HierarchicalEmitter
from botocore.session import Session

from chalicelib import aws

OPERATIONS = {
    "dynamodb": "UpdateItem",
    "s3": "PutObject",
    "scheduler": "CreateSchedule",
    "secrets-manager": "GetSecretValue",
    "ses": "SendRawEmail",
    "sqs": "SendMessage",
    "sts": "AssumeRole",
    "sso-oidc": "CreateToken",
}
"""One of each, by the names that botocore's events have."""
STAGES = sorted({spec[0].partition(".")[0] for spec in BUILTIN_HANDLERS} - {"docs"})


def _answering(made: Session, event: str) -> list[str]:
    """Those whom an event reaches, in order."""
    emitter: HierarchicalEmitter = made.get_component("event_emitter")._emitter
    found = emitter._handlers.prefix_search(event)
    return [getattr(each, "__qualname__", type(each).__name__) for each in found]


@pytest.mark.parametrize("service", OPERATIONS)
def test_our_services_are_handled_as_botocore_does(service: str) -> None:
    plain, ours = Session(), aws._OurEvents()
    events = [f"{stage}.{service}.{OPERATIONS[service]}" for stage in STAGES]
    assert [_answering(ours, event) for event in events] == [
        _answering(plain, event) for event in events
    ]
    assert any(_answering(ours, event) for event in events)


@pytest.mark.parametrize(
    "event", ["before-call.glacier.UploadArchive", "docs.client.s3.CopyObject.complete-section"]
)
def test_other_services_and_documentation_are_left_out(event: str) -> None:
    assert len(_answering(aws._OurEvents(), event)) < len(_answering(Session(), event))


def test_an_operators_profile_can_sign_in() -> None:
    for service in ("sts", "sso", "sso-oidc"):
        assert aws.session().create_client(service, region_name="eu-west-1").meta.endpoint_url
