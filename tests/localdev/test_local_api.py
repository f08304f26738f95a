"""The API's HTTP side: every request gets an answer, and the one that AWS would give."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from localdev.api import Server
from localdev.http_body import BODY_LIMIT
from tests.localdev.serving import served
from tests.localdev.tiny_app import app


class Watched(Server):
    """It remembers the connections that it took."""

    def __init__(self) -> None:
        super().__init__(app, 0)
        self.accepted: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self.accepted.append(request)
        super().process_request(request, client_address)


@pytest.fixture(scope="module")
def server() -> Watched:
    return Watched()


@pytest.fixture(scope="module")
def url(server: Watched) -> Iterator[str]:
    with served(server) as url:
        yield url + "/api/v2"


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as client:
        yield client


def speak(url: str, request: bytes) -> bytes:
    """What the server answers to these bytes, until it closes the connection."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_routes_work_and_know_their_request(client: httpx.Client) -> None:
    assert client.get("/ping").json() == {"ok": True}
    answers = [client.get("/items/a%20b").json() for _ in range(2)]
    assert answers[0]["id"] == "a%20b"
    assert answers[0]["requestId"] != answers[1]["requestId"]


@pytest.mark.parametrize(
    ("call", "status", "code", "allow"),
    [
        ("GET /nowhere", 404, "route_not_found", None),
        ("OPTIONS /nowhere", 404, "route_not_found", None),
        ("GET /items", 404, "route_not_found", None),
        ("POST /items/1", 405, "method_not_allowed", "DELETE, GET"),
        ("PROPFIND /ping", 405, "method_not_allowed", "GET"),
        ("PROPFIND /nowhere", 404, "route_not_found", None),
        ("GET /unencodable", 500, "internal_error", None),
        ("GET /odd-header", 500, "internal_error", None),
    ],
)
def test_refusals_have_the_shape_of_the_apps_errors(
    client: httpx.Client, call: str, status: int, code: str, allow: str | None
) -> None:
    answer = client.request(*call.split())
    body = answer.json()
    assert (answer.status_code, body["error"], body["code"]) == (status, code, code)
    assert body["message"]
    assert body["requestId"] == answer.headers["X-Request-Id"]
    assert answer.headers.get("Allow") == allow
    assert client.get("/ping").status_code == 200, "the connection must live on"


@pytest.mark.parametrize(
    ("call", "status"),
    [("GET /ping", 200), ("OPTIONS /ping", 200), ("PUT /ping", 405), ("GET /nowhere", 404)],
)
def test_browsers_may_read_every_answer(client: httpx.Client, call: str, status: int) -> None:
    answer = client.request(*call.split(), headers={"Origin": "https://ui.example"})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "https://ui.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_a_view_that_raises_is_answered(client: httpx.Client) -> None:
    assert client.get("/raises").status_code == 500


@pytest.mark.parametrize("path", ["/ping", "/nowhere"])
def test_authorization_that_is_not_ascii_is_answered(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers={"Authorization": "Bearer \xe9\xfc".encode("latin-1")})
    assert answer.status_code in (200, 404)


def test_the_log_shows_no_query(client: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/ping?token=secret")
    told = capsys.readouterr().err
    assert '"GET /api/v2/ping" 200' in told
    assert "secret" not in told


def test_chunked_bodies_arrive(client: httpx.Client) -> None:
    answer = client.post("/echo", content=iter([b"one ", b"two ", b"x" * 5000]))
    assert answer.json()["size"] == 5008
    assert answer.json()["head"].startswith("one two xxx")


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ("Content-Length: five", "hello", 400),
        ("Content-Length: -5", "hello", 400),
        ("Content-Length: 50", "hello", 400),
        ("Transfer-Encoding: chunked", "zz\r\nhello\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked", "3\r\nhello\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked", "5\r\nhel", 400),
        ("Transfer-Encoding: chunked", "5;note=1\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", 200),
        ("Transfer-Encoding: gzip", "hello", 400),
        ("Content-Length: 5", "hello", 200),
    ],
)
def test_bodies_on_the_wire(url: str, head: str, body: str, status: int) -> None:
    request = f"POST /api/v2/echo HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}"
    answer = speak(url, request.encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    "request_line", ["nonsense", "GET", "GET / HTTP/9.9", "GET / HTTP/1.1\r\nx"]
)
def test_heads_that_are_no_http_are_answered(url: str, request_line: str) -> None:
    answer = speak(url, f"{request_line}\r\n\r\n".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["requestId"].startswith("req_")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_ten_megabytes_is_refused(client: httpx.Client, chunked: bool) -> None:
    body = b"x" * (BODY_LIMIT + 1)
    answer = client.post("/echo", content=iter([body[:-1], body[-1:]]) if chunked else body)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_of_ten_megabytes_passes(client: httpx.Client) -> None:
    assert client.post("/echo", content=b"x" * BODY_LIMIT).json()["size"] == BODY_LIMIT


def test_head_announces_the_body_and_does_not_send_it(url: str) -> None:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    for _ in range(2):
        connection.request("HEAD", "/api/v2/heady")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 10
    connection.close()


def test_several_values_of_a_header_and_an_empty_answer(client: httpx.Client) -> None:
    assert client.get("/cookies").headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    answer = client.delete("/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Length" not in answer.headers


def test_a_kept_alive_connection_is_not_slow(server: Watched, client: httpx.Client) -> None:
    """With Nagle's algorithm, or a connection of its own, each answer would take 40 ms longer."""
    before = len(server.accepted)
    for _ in range(10):
        assert client.get("/ping").status_code == 200
    (connection,) = server.accepted[before:]
    assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
