"""A language model behind any OpenAI-compatible chat-completions endpoint.

OpenAI, Bedrock's, vLLM and Ollama speak it; what is sent is the part that all of them take.
Decoding is greedy and seeded, which makes answers repeatable as far as a server can.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib import clock
from chalicelib.upstreams import Errand, Row, as_count, as_row
from chalicelib.upstreams.errors import UpstreamFault

if TYPE_CHECKING:
    import httpx

    from chalicelib.upstreams.transport import Transport

NAME: Final = "language-model"
ATTEMPTS: Final = 2
"""Tries of one call; only what surely never reached the model is tried again."""
SEED: Final = 20_090_602

LONGEST_ANSWER: Final = 200_000
"""Characters; an answer that goes on for longer is none."""
_NO_ANSWER: Final = {"length": "cut", "content_filter": "filtered"}
_OBJECT: Final = re.compile(r"\{")
_DECODER: Final = json.JSONDecoder()


class Declined(UpstreamFault):
    """The endpoint answered, but there is no answer in it. `why` is one short word for a metric."""

    def __init__(self, why: str) -> None:
        super().__init__(NAME, why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: instructions, data, and the shape that the answer must have.

    `schema` keeps to the subset that every endpoint takes (no bounds, all properties required, no
    additional ones), and its text must not change from call to call: some compile and keep it.
    """

    system: str
    user: str
    schema_name: str
    schema: Mapping[str, Any]
    most_tokens: int
    """Tokens that the answer may take."""


@dataclass(frozen=True, slots=True)
class Told:
    """The model's answer as an object of the asked shape, not yet checked; tokens of both ways."""

    content: Row
    tokens: int


class LanguageModel:
    """Asks one model. Thread-safe. `timeout` is seconds for one question, retries included."""

    def __init__(
        self,
        transport: Transport,
        *,
        model: str,
        timeout: float,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.model = model
        self._transport = transport
        self._timeout = timeout
        self._now = now

    def ask(self, question: Question) -> Told:
        """Ask once. Raises UpstreamFault; Declined for a refusal, a filter, a cut or no JSON."""
        errand = Errand(self._now() + timedelta(seconds=self._timeout))
        body = self._body(question)
        answer = as_row(self._transport.post("/chat/completions", {}, body, errand=errand).body)
        used = as_row(answer.get("usage")).get("total_tokens")
        return Told(_content(answer), as_count(used) or 0)

    def _body(self, question: Question) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.user},
            ],
            "temperature": 0,
            "seed": SEED,
            "max_completion_tokens": question.most_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": question.schema_name,
                    "strict": True,
                    "schema": question.schema,
                },
            },
        }


def build_language_model(
    *,
    base_url: str,
    api_key: str,
    model: str,
    timeout: float,
    wire: httpx.BaseTransport | None = None,
) -> LanguageModel:
    """The model at `base_url`, which ends before `/chat/completions`. No key, no authorization.

    Imports the HTTP library: call it when the model is first asked. `wire` stands in for the
    network.
    """
    import httpx

    from chalicelib.upstreams.transport import Transport

    headers = {"accept": "application/json", "user-agent": "ctgo/2"}
    if api_key:
        headers["authorization"] = f"Bearer {api_key}"
    client = httpx.Client(base_url=base_url, headers=headers, transport=wire)
    transport = Transport(client, provider=NAME, attempts=ATTEMPTS)
    return LanguageModel(transport, model=model, timeout=timeout)


def _content(answer: Row) -> Row:
    """The object that the first choice holds. Raises Declined."""
    choices = answer.get("choices")
    choice = as_row(choices[0]) if isinstance(choices, list) and choices else {}
    message = as_row(choice.get("message"))
    if message.get("refusal"):
        raise Declined("refused")
    if (ended := str(choice.get("finish_reason"))) in _NO_ANSWER:
        raise Declined(_NO_ANSWER[ended])
    text = message.get("content")
    if not isinstance(text, str) or len(text) > LONGEST_ANSWER:
        raise Declined("malformed")
    found = _last_object(text)
    if found is None:
        raise Declined("malformed")
    return found


def _last_object(text: str) -> Row | None:
    """The whole text as an object, else the last one in it: some servers let the model think aloud.

    An object within an object is not the last one: where one ends, the search goes on.
    """
    last: Row | None = None
    at = 0
    while start := _OBJECT.search(text, at):
        try:
            value, at = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            at = start.end()
        else:
            last = as_row(value)
    return last
