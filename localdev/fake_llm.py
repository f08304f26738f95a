"""A language model's endpoint on 127.0.0.1 that speaks OpenAI's chat completions, and misbehaves.

`python -m localdev.fake_llm` and LLM_BASE_URL=http://127.0.0.1:9009/v1 let a local world
judge with it. It reads like a simple mind: a profile fits that shares words with the description.
It refuses whatever a strict endpoint would refuse, so that nothing gets used to a lax one.
"""

from __future__ import annotations

import argparse
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/v1/chat/completions"
SCHEMA_WORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "enum", "items", "description"}
)
"""What Bedrock and OpenAI both take in a schema; bounds are refused by one of them."""
FAULTS = frozenset(
    {"refusal", "length", "content_filter", "garbage", "prose", "partial", "strangers", "twice"}
    | {"wrong_types", "hang", "400", "401", "404", "429", "500", "503"}
)

Data = Mapping[str, Any]
Think = Callable[[Data], list[dict[str, Any]]]
"""Makes the answers of what stands in the user's message: `segment` and `profiles`."""


def by_shared_words(data: Data) -> list[dict[str, Any]]:
    """Fits who shares a word of five letters or more with the description."""
    wanted = set(_words(data["segment"]["description"]))
    return [_answer(profile, wanted) for profile in data["profiles"]]


def _answer(profile: Data, wanted: set[str]) -> dict[str, Any]:
    shared = next((word for word in _words(profile.get("bio", "")) if word.lower() in wanted), "")
    return {
        "id": profile["id"],
        "fit": "fits" if shared else "unclear",
        "labels": [],
        "quote": shared,
        "reason": f"mentions {shared}" if shared else "",
    }


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.lower()) if len(word) >= 5]


class FakeModel:
    """What the endpoint does. `faults` go wrong first, one a call; `asked` keeps the bodies."""

    def __init__(self, think: Think = by_shared_words, *, key: str = "") -> None:
        self.think = think
        self.key = key
        self.faults: deque[str] = deque()
        self.asked: list[dict[str, Any]] = []
        self.released = threading.Event()
        """Set at the end, so that nobody who hangs holds up the end."""

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body of one call."""
        if path != PATH:
            return _error(404, "not_found", "no such route")
        if self.key and authorization != f"Bearer {self.key}":
            return _error(401, "invalid_api_key", "wrong key")
        call = json.loads(body)
        self.asked.append(call)
        if complaint := next(_complaints(call), None):
            return _error(400, "invalid_request_error", complaint)
        fault = self.faults.popleft() if self.faults else ""
        if fault.isdigit():
            return _error(int(fault), "fault", "as asked for")
        if fault == "hang":
            self.released.wait(30)
        data = json.loads(call["messages"][-1]["content"])
        return 200, json.dumps(_completion(call, self.think(data), fault)).encode()


def _completion(call: Data, answers: list[dict[str, Any]], fault: str) -> dict[str, Any]:
    text = _spoilt(answers, fault)
    return {
        "object": "chat.completion",
        "model": call["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": fault if fault in ("length", "content_filter") else "stop",
                "message": {
                    "role": "assistant",
                    "content": None if fault == "refusal" else text,
                    "refusal": "I cannot help with that." if fault == "refusal" else None,
                },
            }
        ],
        "usage": {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000},
    }


def _spoilt(answers: list[dict[str, Any]], fault: str) -> str:
    match fault:
        case "partial":
            answers = answers[: len(answers) // 2]
        case "strangers":
            answers = [answer | {"id": f"stranger-{answer['id']}"} for answer in answers]
        case "twice":
            answers = [*answers, *answers]
        case "wrong_types":
            answers = [answer | {"fit": "certainly", "labels": "none"} for answer in answers]
    text = json.dumps({"answers": answers})
    if fault == "prose":
        return f"Let me think about {{this}} first.\n```json\n{text}\n```"
    return {"length": text[:-9], "garbage": "{]"}.get(fault, text)


def _complaints(call: Data) -> Iterator[str]:
    """What a strict endpoint would refuse the call for."""
    needed = {"model", "messages", "temperature", "seed", "max_completion_tokens"}
    if missing := (needed | {"response_format"}) - call.keys():
        yield f"missing: {', '.join(sorted(missing))}"
        return
    asked = call["response_format"].get("json_schema", {})
    if not re.fullmatch(r"[\w-]{1,64}", asked.get("name", "")) or asked.get("strict") is not True:
        yield "json_schema needs a name, and strict"
    yield from _schema_complaints(asked.get("schema", {}))


def _schema_complaints(schema: Data) -> Iterator[str]:
    if unknown := schema.keys() - SCHEMA_WORDS:
        yield f"not supported in a schema: {', '.join(sorted(unknown))}"
    if schema.get("type") == "object":
        inner = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or set(schema["required"]) != {*inner}:
            yield "an object names all its properties and requires them"
        for each in inner.values():
            yield from _schema_complaints(each)
    if "items" in schema:
        yield from _schema_complaints(schema["items"])


def _error(status: int, kind: str, message: str) -> tuple[int, bytes]:
    fault = {"message": message, "type": kind, "param": None, "code": None}
    return status, json.dumps({"error": fault}).encode()


class Server(ThreadingHTTPServer):
    """The fake over HTTP. `url` is what LLM_BASE_URL takes."""

    daemon_threads = True

    def __init__(self, model: FakeModel, port: int = 0) -> None:
        self.model = model
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def shutdown(self) -> None:
        """End the server, and with it all calls that hang."""
        self.model.released.set()
        super().shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status, answer = self.server.model.answer(
            self.path, self.headers.get("Authorization", ""), body
        )
        if self.server.model.released.is_set():
            return  # whoever asked has long gone
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: `asked` tells more."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9009)
    server = Server(FakeModel(), parser.parse_args().port)
    print(f"LLM_BASE_URL={server.url} LLM_MODEL=fake", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
