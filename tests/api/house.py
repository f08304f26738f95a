"""A user who has one of everything, and requests that name it: the examples of the API document."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from chalice.test import HTTPResponse

from chalicelib.auth import users
from chalicelib.docs_site.operations import path_of
from chalicelib.http.endpoint import Endpoint
from chalicelib.http.schema import Empty
from localdev.environment import ROOT
from tests.api_client import Api
from tests.queue_hand import QueueHand

EXAMPLES = json.loads((ROOT / "chalicelib" / "docs_site" / "examples.json").read_text("utf-8"))
SEGMENT = {"description": "software engineers and founders"}
HOOK = "https://1.1.1.1/leads"
_WORDS = {
    "marisol_ops": "person_001",
    "998877665544": "500001",
    "https://hooks.example.org/leads": HOOK,
}
"""What the examples name, and what stands for it in the world of the tests."""


@dataclass(frozen=True, slots=True)
class House:
    """The ids of what a user has, by the name that a path gives them."""

    ids: dict[str, int]
    other_account: int

    def path(self, endpoint: Endpoint) -> str:
        """The endpoint's path with these ids in it."""
        return path_of(endpoint).format(**self.ids)

    def body(self, endpoint: Endpoint) -> Any:
        """The example of the document with these ids in it; None where no body is taken."""
        if endpoint.body is None or endpoint.body is Empty:
            return None
        return self._named(example(endpoint)["request"])

    def _named(self, value: Any) -> Any:
        ids = {
            31: self.ids["account_id"],
            18: self.other_account,
            77: self.ids["segment_id"],
            905: self.ids["stream_id"],
            12: self.ids["subscription_id"],
        }
        if isinstance(value, dict):
            return {name: self._named(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._named(each) for each in value]
        if isinstance(value, str):
            return _WORDS.get(value, value)
        return value if isinstance(value, bool) else ids.get(value, value)


def example(endpoint: Endpoint) -> dict[str, Any]:
    """What the document shows of an endpoint."""
    short = f"{endpoint.method} {re.sub('{.*?}', '{}', path_of(endpoint))}"
    return dict(EXAMPLES.get(short) or EXAMPLES[endpoint.route])


def built(api: Api, queues: QueueHand) -> House:
    """Make one of everything through the API."""
    pair = {"accountHandle": "orbitdesk", "accountTier": "growth", "segment": SEGMENT}
    made = _made(api.post("/streams", {"pairs": [pair], "runNow": True}))
    queues.drain()
    segment = made["segments"][0]["segmentId"]
    second = {"pairs": [{"accountHandle": "smallharbor", "segmentId": segment}]}
    other = _made(api.post("/streams", second))
    stream_id = made["id"]
    own = {"webhookUrl": HOOK, "deliveryDestination": "leads_plus_webhook"}
    assert api.patch(f"/streams/{stream_id}", own).status_code == 200
    template = _made(api.post("/dm-templates", {"name": "Old", "messageBody": "Hi"}))
    return House(
        ids={
            "stream_id": stream_id,
            "run_id": api.get(f"/streams/{stream_id}/runs").json_body["runs"][0]["id"],
            "lead_id": api.get(f"/streams/{stream_id}/leads").json_body["leads"][0]["id"],
            "account_id": made["accounts"][0]["accountId"],
            "segment_id": segment,
            "key_id": users.create_key(api.user_id, "spare")[0],
            "template_id": template["template"]["id"],
            "subscription_id": _made(api.post("/webhooks/subscribe", {"targetUrl": HOOK}))["id"],
        },
        other_account=other["accounts"][0]["accountId"],
    )


def _made(answer: HTTPResponse) -> dict[str, Any]:
    assert answer.status_code == 201, answer.body
    return dict(answer.json_body)


def fresh(api: Api) -> Api:
    """The same user with another key, whose minute has just begun."""
    return Api(users.create_key(api.user_id, "another")[1], api.user_id)


def send(caller: Api, endpoint: Endpoint, path: str, body: Any, **headers: str) -> HTTPResponse:
    """Call an endpoint."""
    raw = b"" if body is None else json.dumps(body).encode()
    return caller.request(endpoint.method, path, raw, headers)
