"""A page as people see it, in headless Chromium: what stands in it after its scripts, its picture.

    seen = look("http://127.0.0.1:8000/api/v2/docs", until="document.querySelector('.opblock')")
    seen = look("<h1>A mail</h1>", width=390)
    assert "A mail" in seen.text and not seen.errors and picture(seen.png).is_drawn

No request can leave the machine; those that were tried stand in `seen.requests`.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tools.browser import browser

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)
PATIENCE = 60.0
"""Seconds for one look, on a busy machine."""
TALLEST = 8_000
"""Pixels of a picture."""
# The browser speaks on its descriptors 3 and 4.
_START = (
    "import os, sys; r, w = map(int, sys.argv[1:3]); "
    "os.dup2(r, 3); os.dup2(w, 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_FIRST_FREE = 16


@dataclass
class Sight:
    """What was seen of a page."""

    dom: str = ""
    """The document after its scripts ran."""
    text: str = ""
    """The words that people can read."""
    png: bytes = b""
    """The whole page."""
    errors: list[str] = field(default_factory=list)
    """What the console, the network and uncaught exceptions complained of."""
    requests: list[str] = field(default_factory=list)
    """Every address that the page asked for."""
    found: Any = None
    """What `script` gave."""


def look(
    page: str, *, until: str = "true", width: int = 1280, height: int = 900, script: str = ""
) -> Sight:
    """Look at an address (http:, file:) or at HTML.

    `until` is a JavaScript expression that is true when the page is ready; `script` is evaluated
    then, before the picture is taken. Raises TimeoutError when it never is.
    """
    with _address(page) as address, _browsing() as pipe:
        seen = Sight()
        target = pipe.ask("Target.createTarget", url="about:blank")["targetId"]
        pipe.attach(target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            pipe.ask(f"{domain}.enable")
        _resize(pipe, width, height)
        pipe.ask("Page.navigate", url=address)
        pipe.until(
            f"location.href !== 'about:blank' && document.readyState === 'complete' && ({until})"
        )
        if script:
            seen.found = pipe.value(script)
        seen.dom = pipe.value("document.documentElement.outerHTML")
        seen.text = pipe.value("document.body.innerText")
        _resize(pipe, width, min(max(pipe.value("document.body.scrollHeight"), height), TALLEST))
        seen.png = base64.b64decode(pipe.ask("Page.captureScreenshot", format="png")["data"])
        _judge(pipe.events, seen)
        return seen


@contextmanager
def _address(page: str) -> Iterator[str]:
    if not page.lstrip().startswith("<"):
        yield page
        return
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(page)
        file.flush()
        yield f"file://{file.name}"


def _resize(pipe: _Pipe, width: int, height: int) -> None:
    pipe.ask(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=height,
        deviceScaleFactor=1,
        mobile=False,
    )


def _judge(events: list[dict[str, Any]], seen: Sight) -> None:
    for event in events:
        told = event["params"]
        match event["method"]:
            case "Runtime.consoleAPICalled" if told["type"] in {"error", "assert"}:
                words = [str(each.get("value", each.get("description"))) for each in told["args"]]
                seen.errors.append(" ".join(words))
            case "Runtime.exceptionThrown":
                seen.errors.append(json.dumps(told["exceptionDetails"]))
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                seen.errors.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                seen.requests.append(told["request"]["url"])


class _Pipe:
    """The DevTools protocol: JSON that ends with NUL, questions and answers by number."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer = reader, writer
        self._buffer = b""
        self._count = 0
        self._session: str | None = None
        self._deadline = time.monotonic() + PATIENCE
        self.events: list[dict[str, Any]] = []

    def attach(self, target: str) -> None:
        """Speak of this target from now on."""
        told = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = told["sessionId"]

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to one question; events that come in between are kept."""
        self._count += 1
        question = {"id": self._count, "method": method, "params": params}
        if self._session:
            question["sessionId"] = self._session
        raw = json.dumps(question).encode() + b"\0"
        while raw:
            raw = raw[os.write(self._writer, raw) :]
        while True:
            told = self._next()
            if told.get("id") == self._count:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return dict(told["result"])
            if "method" in told:
                self.events.append(told)

    def value(self, expression: str) -> Any:
        """What an expression gives in the page."""
        told = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"]))
        return told["result"].get("value")

    def until(self, expression: str) -> None:
        """Ask in each frame that is drawn until the expression is true."""
        while not self.value(f"Boolean({expression})"):
            if time.monotonic() > self._deadline:
                raise TimeoutError(f"never true: {expression}")
            self.value("new Promise((go) => setTimeout(go, 50))")

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = self._deadline - time.monotonic()
            if left <= 0 or not select.select([self._reader], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self._reader, 1 << 20)
            if not piece:
                raise RuntimeError("the browser ended")
            self._buffer += piece
        raw, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(raw))


@contextmanager
def _browsing() -> Iterator[_Pipe]:
    found = browser()
    theirs_in, ours_out = _high_pipe()
    ours_in, theirs_out = _high_pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = [sys.executable, "-c", _START, str(theirs_in), str(theirs_out)]
        process = subprocess.Popen(
            [*command, found.path, *FLAGS, f"--user-data-dir={home}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            env={"PATH": os.environ.get("PATH", ""), "HOME": home, **found.env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield _Pipe(ours_in, ours_out)
        finally:
            process.kill()
            process.wait()
            os.close(ours_in)
            os.close(ours_out)


def _high_pipe() -> tuple[int, int]:
    """A pipe on descriptors that are not those which the browser wants for itself."""
    low = os.pipe()
    high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE) for each in low]
    for each in low:
        os.close(each)
    return high[0], high[1]


@dataclass(frozen=True, slots=True)
class Picture:
    """What can be said of a PNG without looking."""

    width: int
    height: int
    colours: int
    """How many different bytes its pixels are made of."""

    @property
    def is_drawn(self) -> bool:
        """Whether it is more than one flat surface."""
        return self.colours > 8


def picture(png: bytes) -> Picture:
    """Read a PNG that Chromium took. Raises ValueError when it is none."""
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("no PNG")
    width, height = struct.unpack(">II", png[16:24])
    position, packed = 8, b""
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        if png[position + 4 : position + 8] == b"IDAT":
            packed += png[position + 8 : position + 8 + length]
        position += 12 + length
    return Picture(width, height, len(set(zlib.decompress(packed))))
