"""Requests to addresses that others chose: they reach no other host, and they end."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from chalicelib.open_web.addresses import Unsafe, is_safe_url
from chalicelib.open_web.client import MOST_BYTES, Answer, Client, Unreachable
from localdev.desk.server import Desk
from tests.open_web.certificates import certificate_for

SECONDS = 0.5
"""Of the client under test; a real one has 10."""
SOON = 15.0
"""Well before anything here would end by itself."""


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as running:
        yield running


def _post(desk: Desk, path: str) -> Answer:
    web = Client(allow_loopback_http=True, seconds=SECONDS)
    return web.request("POST", desk.url + path, headers={"x-a": "b"}, content=b"hello")


def test_an_answer(desk: Desk) -> None:
    answer = _post(desk, "/hooks/ok?x=%20y")
    assert (answer.status, answer.body) == (200, b'{"ok": true}')
    (received,) = desk.inbox.all()
    assert (received.path, received.content) == ("/hooks/ok?x=%20y", b"hello")
    assert received.headers["x-a"] == "b"
    assert received.headers["host"] == desk.url.removeprefix("http://")


@pytest.mark.parametrize("code", [201, 204, 400, 410, 500])
def test_any_status_is_an_answer(desk: Desk, code: int) -> None:
    assert _post(desk, f"/hooks/status/{code}").status == code


def test_a_redirect_is_an_answer_that_is_not_followed(desk: Desk) -> None:
    assert _post(desk, "/hooks/redirect").status == 307


@pytest.mark.parametrize("mood", ["silent", "drip", "slow/60", "down", "half"])
def test_what_never_answers_in_full_ends_in_time(desk: Desk, mood: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable):
        _post(desk, f"/hooks/{mood}")
    assert time.monotonic() - began < SOON


def test_of_an_endless_body_the_beginning_is_read(desk: Desk) -> None:
    answer = _post(desk, "/hooks/endless")
    assert (answer.status, len(answer.body)) == (200, MOST_BYTES)


def test_a_body_that_breaks_off_does_not_take_the_answer_back(desk: Desk) -> None:
    answer = _post(desk, "/hooks/broken")
    assert (answer.status, answer.body) == (200, b"half of it")


def test_nobody_listens() -> None:
    web = Client(allow_loopback_http=True, seconds=SECONDS)
    with pytest.raises(Unreachable):
        web.request("POST", "http://127.0.0.1:1/", headers={})


def test_a_resolver_that_hangs_is_left_behind() -> None:
    ending = threading.Event()

    def hangs(_host: str) -> list[str]:
        ending.wait(SOON)
        return ["1.1.1.1"]

    began = time.monotonic()
    with pytest.raises(Unreachable):
        Client(resolver=hangs, seconds=SECONDS).request("GET", "https://slow.example/", headers={})
    assert time.monotonic() - began < SOON
    ending.set()


def _changing(*answers: list[str]) -> Callable[[str], list[str]]:
    left = list(answers)
    return lambda _host: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("later", [["127.0.0.1"], ["10.0.0.1"], ["1.1.1.1", "169.254.169.254"]])
def test_a_name_that_points_elsewhere_by_then_is_not_called(later: list[str]) -> None:
    resolver = _changing(["93.184.216.34"], later)
    assert is_safe_url("https://rebinding.example/", resolver=resolver)
    with pytest.raises(Unsafe):
        Client(resolver=resolver).request("POST", "https://rebinding.example/", headers={})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "http://1.1.1.1/",
        "file:///etc/passwd",
        "https://user:word@1.1.1.1/",
        "https://exa mple.org/",
        "no url",
    ],
)
def test_what_is_not_called_at_all(url: str) -> None:
    with pytest.raises(Unsafe):
        Client().request("POST", url, headers={})


def test_http_on_loopback_does_not_open_the_rest() -> None:
    web = Client(allow_loopback_http=True, resolver=lambda _host: ["10.0.0.1"])
    with pytest.raises(Unsafe):
        web.request("POST", "http://inside.example/", headers={})


class _Secure(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host = str(self.headers["Host"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(host)))
        self.end_headers()
        self.wfile.write(host)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """A TLS server on loopback for `hooks.example.org`: its port, and who vouches for it."""
    authority, chain = certificate_for("hooks.example.org", tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    with HTTPServer(("127.0.0.1", 0), _Secure) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port, authority
        server.shutdown()
        thread.join()


def _to_loopback(authority: str | None) -> Client:
    return Client(
        resolver=lambda _host: ["127.0.0.1"],
        authorities=authority,
        is_called=lambda address: address.is_loopback,
        seconds=SECONDS * 4,
    )


def test_tls_and_host_go_by_the_name(secure: tuple[int, str]) -> None:
    port, authority = secure
    url = f"https://hooks.example.org:{port}/"
    answer = _to_loopback(authority).request("GET", url, headers={})
    assert (answer.status, answer.body) == (200, f"hooks.example.org:{port}".encode())


@pytest.mark.parametrize("name", ["other.example.org", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(secure: tuple[int, str], name: str) -> None:
    port, authority = secure
    with pytest.raises(Unreachable, match="certificate"):
        _to_loopback(authority).request("GET", f"https://{name}:{port}/", headers={})


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: tuple[int, str]) -> None:
    port, _ = secure
    with pytest.raises(Unreachable, match="certificate"):
        _to_loopback(None).request("GET", f"https://hooks.example.org:{port}/", headers={})
