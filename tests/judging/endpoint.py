"""A language model's endpoint on loopback for the length of a test, and profiles to ask about."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from chalicelib.judging.second_opinion import SecondOpinion
from chalicelib.matching.engine import analyse
from chalicelib.matching.match import CompiledSegment, SegmentFilters, compile_segment, match
from chalicelib.upstreams.language_model import build_language_model
from localdev.fake_llm import FakeModel, Server
from tests.matching.profiles import made_up

SEGMENT_ID = 77
SAILORS = compile_segment(SegmentFilters("people who go sailing"))


@dataclass(slots=True)
class Endpoint:
    """Where the fake answers, and who asks it."""

    url: str
    callers: ExitStack

    def second_opinion(self, **options: Any) -> SecondOpinion:
        """A new one, as a fresh process would build it."""
        wire = self.callers.enter_context(httpx.HTTPTransport())
        settings = {"api_key": "", "model": "tiny", "timeout": 5.0, "wire": wire, **options}
        model = build_language_model(base_url=self.url, **settings)
        return SecondOpinion(model, secret="a secret of this test")


@contextmanager
def served(model: FakeModel) -> Iterator[Endpoint]:
    """The fake over HTTP; whoever still hangs at the end is let go."""
    server = Server(model)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with ExitStack() as callers:
            yield Endpoint(server.url, callers)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def judged(bios: Mapping[str, str], segment: CompiledSegment = SAILORS) -> list[Any]:
    """The rules' verdict for each bio, by X user id."""
    people = [
        analyse(made_up(id=number, handle=f"h{number}", bio=bio)) for number, bio in bios.items()
    ]
    return [(each, match(each, segment)) for each in people]


def confidences(reviewed: Any) -> dict[str, str | None]:
    return {analysis.profile.id: verdict.confidence for analysis, verdict in reviewed}


def everything(calls: int) -> int:
    """A run that may spend what it likes."""
    return calls
