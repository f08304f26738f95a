"""One call to an OpenAI-compatible endpoint: what is sent, and how every answer is read."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from upstream_fakes import Clock, Script, answer, transport

from chalicelib.judging.question import SCHEMA
from chalicelib.upstreams.errors import Down, Missing, RateLimited, Refused, Rejected, UpstreamFault
from chalicelib.upstreams.language_model import (
    LONGEST_ANSWER,
    NAME,
    Declined,
    LanguageModel,
    Question,
    build_language_model,
)
from localdev.fake_llm import FakeModel

ASKED = Question(
    system="Judge.",
    user='{"segment": {"description": "sailors"}, "profiles": []}',
    schema_name="opinions",
    schema=SCHEMA,
    most_tokens=400,
)
SAID = {"answers": [{"id": "a"}]}
SAID_AS_TEXT = json.dumps(SAID)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def completion(
    content: Any = SAID_AS_TEXT, *, finish_reason: Any = "stop", **message: Any
) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish_reason}
    message = {"role": "assistant", "content": content, "refusal": None, **message}
    return {"choices": [{**choice, "message": message}], "usage": {"total_tokens": 321}}


def asked(clock: Clock, *answers: Any) -> tuple[LanguageModel, Script]:
    script = Script(*answers)
    asks = transport(script, clock, provider=NAME, attempts=2)
    return LanguageModel(asks, model="tiny", timeout=20.0, now=clock.now), script


def test_what_is_sent(clock: Clock) -> None:
    model, script = asked(clock, answer(completion()))
    assert model.ask(ASKED).content == SAID
    assert script.paths == ["/chat/completions"]
    assert script.body() == {
        "model": "tiny",
        "messages": [
            {"role": "system", "content": "Judge."},
            {"role": "user", "content": ASKED.user},
        ],
        "temperature": 0,
        "seed": script.body()["seed"],
        "max_completion_tokens": 400,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "opinions", "strict": True, "schema": SCHEMA},
        },
    }
    assert isinstance(script.body()["seed"], int)


def test_the_same_question_is_the_same_bytes(clock: Clock) -> None:
    model, script = asked(clock, answer(completion()))
    model.ask(ASKED)
    model.ask(ASKED)
    assert script.requests[0].content == script.requests[1].content


def test_a_strict_endpoint_takes_it(clock: Clock) -> None:
    """The fake refuses all that OpenAI's or Bedrock's strict mode refuses."""
    strict = FakeModel()
    model, script = asked(clock, answer(completion()))
    model.ask(ASKED)
    body = script.requests[0].content
    assert strict.answer("/v1/chat/completions", "", body)[0] == 200
    bounded = json.loads(body)
    bounded["response_format"]["json_schema"]["schema"]["properties"]["answers"]["maxItems"] = 9
    assert strict.answer("/v1/chat/completions", "", json.dumps(bounded).encode())[0] == 400


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://llm.test/v1", "https://llm.test/v1/chat/completions"),
        ("https://llm.test/openai/v1/", "https://llm.test/openai/v1/chat/completions"),
        ("http://llm.test", "http://llm.test/chat/completions"),
    ],
)
@pytest.mark.parametrize(("key", "sent"), [("k", "Bearer k"), ("", None)])
def test_where_it_is_sent(base_url: str, url: str, key: str, sent: str | None) -> None:
    script = Script(answer(completion()))
    model = build_language_model(
        base_url=base_url,
        api_key=key,
        model="tiny",
        timeout=5,
        wire=httpx.MockTransport(script),
    )
    model.ask(ASKED)
    assert str(script.requests[0].url) == url
    assert script.requests[0].headers.get("authorization") == sent


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(SAID),
        json.dumps(SAID, indent=2),
        f"```json\n{json.dumps(SAID)}\n```",
        f'<think>{{x}} or {{"y": 1}}?</think>{json.dumps(SAID)}',
        f"{{ first, {json.dumps(SAID)} that is it",
    ],
)
def test_the_last_object_is_the_answer(clock: Clock, content: str) -> None:
    model, _ = asked(clock, answer(completion(content)))
    told = model.ask(ASKED)
    assert (told.content, told.tokens) == (SAID, 321)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (completion(None, refusal="I cannot"), "refused"),
        (completion(refusal="I cannot"), "refused"),
        (completion('{"answers": [', finish_reason="length"), "cut"),
        (completion(finish_reason="length"), "cut"),
        (completion(finish_reason="content_filter"), "filtered"),
        (completion(None, finish_reason="tool_calls"), "malformed"),
        (completion(""), "malformed"),
        (completion("[1, 2]"), "malformed"),
        (completion('{"answers": ['), "malformed"),
        (completion("{" * 5_000), "malformed"),
        (completion('{"a":' * 5_000), "malformed"),
        (completion(" " * LONGEST_ANSWER + "{}"), "malformed"),
        (completion([{"type": "text", "text": "{}"}]), "malformed"),
        (completion(finish_reason={"why": "length"}, content=None), "malformed"),
        ({"choices": []}, "malformed"),
        ({"choices": [None]}, "malformed"),
        ({"choices": {"0": {}}}, "malformed"),
        ({}, "malformed"),
        ([], "malformed"),
    ],
)
def test_an_answer_without_an_answer(clock: Clock, body: Any, why: str) -> None:
    model, script = asked(clock, answer(body))
    with pytest.raises(Declined) as declined:
        model.ask(ASKED)
    assert declined.value.why == why
    assert len(script.requests) == 1  # asking again would say and cost the same


@pytest.mark.parametrize(
    ("status", "fault", "calls"),
    [
        (400, Rejected, 1),
        (401, Refused, 1),
        (403, Refused, 1),
        (404, Missing, 1),
        (408, Down, 1),
        (422, Rejected, 1),
        (429, RateLimited, 2),
        (500, Down, 1),  # the model may have thought, and be paid for it
        (503, Down, 2),
    ],
)
def test_errors(clock: Clock, status: int, fault: type[UpstreamFault], calls: int) -> None:
    told = {"error": {"message": "no", "type": "t", "param": None, "code": None}}
    model, script = asked(clock, answer(told, status))
    with pytest.raises(fault):
        model.ask(ASKED)
    assert len(script.requests) == calls


def test_a_rate_limit_that_passes_in_time_is_waited_for(clock: Clock) -> None:
    model, script = asked(clock, answer({}, 429, retry_after="4"), answer(completion()))
    assert model.ask(ASKED).content == SAID
    assert clock.slept == [4.0]
    assert len(script.requests) == 2


def test_a_rate_limit_that_lasts_is_not(clock: Clock) -> None:
    model, _ = asked(clock, answer({}, 429, retry_after="90"))
    with pytest.raises(RateLimited):
        model.ask(ASKED)
    assert clock.slept == []


def test_silence_is_not_waited_for_twice(clock: Clock) -> None:
    model, script = asked(clock, httpx.ReadTimeout("silence"))
    with pytest.raises(Down):
        model.ask(ASKED)
    assert len(script.requests) == 1


@pytest.mark.parametrize("used", [None, "many", -1, {"total_tokens": None}])
def test_usage_may_be_anything(clock: Clock, used: Any) -> None:
    model, _ = asked(clock, answer({**completion(), "usage": used}))
    assert model.ask(ASKED).tokens == 0
