"""A fake Telegram over HTTP: `python -m localdev.telegram --port N`.

It takes a bot's messages as `sendMessage` does and keeps them. Beside that it has

    GET  /_control/messages     what was sent, oldest first
    POST /_control/faults       {"answers": [[status, body], ...]}: the next answers, in order
    POST /_control/reset
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from localdev import json_server
from localdev.json_server import Asked, Reply

TOKEN = "1:local"  # noqa: S105 - opens nothing
_SEND = re.compile(r"/bot([^/]+)/sendMessage")
_LONGEST = 4 * 4096
"""Characters that are taken, marks included; Telegram counts 4,096 without them."""


class Chats:
    """What a bot wrote, and what goes wrong next."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.faults: list[Reply] = []
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        """Answer a bot, or whoever controls this."""
        sending = _SEND.fullmatch(asked.path)
        with self._lock:
            if sending:
                return self._take(sending[1], asked.body)
            return self._control(asked)

    def _take(self, token: str, body: dict[str, Any]) -> Reply:
        if token != TOKEN:
            return _refusal(401, "Unauthorized")
        if self.faults:
            return self.faults.pop(0)
        if not body.get("chat_id") or not body.get("text"):
            return _refusal(400, "Bad Request: message text is empty")
        if len(str(body["text"])) > _LONGEST:
            return _refusal(400, "Bad Request: message is too long")
        self.messages.append(body)
        return 200, {"ok": True, "result": {"message_id": len(self.messages)}}

    def _control(self, asked: Asked) -> Reply:
        match asked.path:
            case "/_control/messages":
                return 200, {"messages": self.messages}
            case "/_control/faults":
                self.faults = [(int(status), body) for status, body in asked.body["answers"]]
            case "/_control/reset":
                self.messages, self.faults = [], []
            case _:
                return _refusal(404, "Not Found")
        return 200, {"ok": True}


def _refusal(status: int, words: str) -> Reply:
    return status, {"ok": False, "error_code": status, "description": words}


@contextmanager
def serve(port: int = 0) -> Iterator[tuple[str, Chats]]:
    """Run it in this process; yields its address and its memory."""
    chats = Chats()
    with json_server.serve(chats.answer, port) as url:
        yield url, chats


if __name__ == "__main__":
    json_server.main(Chats().answer, __doc__)
