"""The fake endpoint: strict about what it is asked, and simple of mind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.judging.question import question, show
from chalicelib.matching.match import SegmentFilters
from chalicelib.upstreams.language_model import Question
from localdev.fake_llm import FAULTS, PATH, FakeModel, by_shared_words
from tests.matching.profiles import made_up


def _data(*bios: str) -> dict[str, Any]:
    profiles = [{"id": str(at), "bio": bio} for at, bio in enumerate(bios)]
    return {"segment": {"description": "People who like Sailing"}, "profiles": profiles}


def test_it_looks_for_shared_words() -> None:
    found = by_shared_words(_data("SAILING, always", "Kettles"))
    assert [each["fit"] for each in found] == ["fits", "unclear"]
    assert found[0]["quote"] == "sailing"


def _question() -> Question:
    shown = show(made_up(bio="Sailing"), segment_id=1, model="tiny", secret="s")
    return question(SegmentFilters("sailing"), [shown])


def _call(**changed: Any) -> bytes:
    asked = _question()
    body = {
        "model": "tiny",
        "messages": [{"role": "user", "content": asked.user}],
        "temperature": 0,
        "seed": 1,
        "max_completion_tokens": 99,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "opinions", "strict": True, "schema": asked.schema},
        },
    }
    return json.dumps({**body, **changed}).encode()


def _format(schema: dict[str, Any], **changed: Any) -> dict[str, Any]:
    described = {"name": "opinions", "strict": True, "schema": schema, **changed}
    return {"response_format": {"type": "json_schema", "json_schema": described}}


@pytest.mark.parametrize(
    ("path", "authorization", "body", "status"),
    [
        (PATH, "Bearer k", _call(), 200),
        ("/chat/completions", "Bearer k", _call(), 404),
        (PATH, "", _call(), 401),
        (PATH, "Bearer k", b'{"model": "tiny"}', 400),
        (PATH, "Bearer k", _call(**_format({"type": "string", "maxLength": 5})), 400),
        (PATH, "Bearer k", _call(**_format({"type": "string"}, name="no good")), 400),
        (PATH, "Bearer k", _call(**_format({"type": "string"}, strict=False)), 400),
        (
            PATH,
            "Bearer k",
            _call(**_format({"type": "object", "properties": {}, "required": []})),
            400,
        ),
    ],
)
def test_it_is_strict(path: str, authorization: str, body: bytes, status: int) -> None:
    assert FakeModel(key="k").answer(path, authorization, body)[0] == status


@pytest.mark.parametrize("fault", sorted(FAULTS - {"hang"}))
def test_a_fault_happens_once(fault: str) -> None:
    model = FakeModel()
    well = model.answer(PATH, "", _call())
    model.faults.append(fault)
    assert model.answer(PATH, "", _call()) != well
    assert model.answer(PATH, "", _call()) == well
