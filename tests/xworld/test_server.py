"""The server as a process and as a peer: connections, crashes, signals, both vendors at once."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from localdev.xworld.server import serve
from tests.xworld.made_up import (
    FOLLOWER_RUNS,
    USERS,
    client,
    follower_ids,
    order,
    row,
    world_of,
)

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def process(*options: object) -> Iterator[httpx.Client]:
    """The command line's server; it must end in order when it is told to."""
    command = [sys.executable, "-m", "localdev.xworld", *map(str, options)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().split()[3].rstrip(",")
        with client(url) as x:
            yield x
            server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0


def test_both_vendors_show_the_same_people(x: httpx.Client) -> None:
    ask = {
        "user_names": ["orbitdesk"],
        "getFollowers": True,
        "getFollowing": False,
        "maxFollowers": 200,
        "maxFollowings": 200,
    }
    items = x.post(f"{FOLLOWER_RUNS}/run-sync-get-dataset-items", json=ask).json()
    users = x.get(f"{USERS}/orbitdesk/latest_followers").json()["data"]
    assert [(item["id"], item["screen_name"], item["description"]) for item in items] == [
        (user["id"], user["username"], user["description"]) for user in users
    ]


def test_one_connection_serves_many_requests(x: httpx.Client) -> None:
    port = x.base_url.port
    with socket.create_connection(("127.0.0.1", port)) as connection:
        answers = connection.makefile("rb")
        for _ in range(3):
            connection.sendall(b"GET /v1/twitter/health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := answers.readline()) != b"\r\n":
                name, _, value = line.partition(b": ")
                length = int(value) if name == b"Content-Length" else length
            assert json.loads(answers.read(length)) == {"status": "healthy"}
        answers.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /_control/grow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST /_control/grow HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 411),
        (b"BREW /v1/account/me HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b'GET nonsense "quoted" HTTP/1.1\r\n\r\n', 400),
        (b"GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404),
        (b"GET /v1/twitter/users/%ff%00/by_username HTTP/1.0\r\nx-api-key: sb_1\r\n\r\n", 404),
    ],
)
def test_odd_requests_get_an_answer(x: httpx.Client, head: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", x.base_url.port)) as connection:
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            text = answer.read()
    first, *_, body = text.splitlines()
    assert f" {status} ".encode() in first
    assert json.loads(body).keys() <= {"error", "detail"}


def test_a_crash_inside_is_a_500_and_the_next_request_is_served(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken_clock() -> float:
        moments.pop()
        return 1.0

    moments = [0] * 100
    world = world_of(3, now=broken_clock)
    with serve(world) as server, client(server.url) as x:
        moments.clear()
        crashed = x.get(f"{USERS}/orbitdesk/by_username")
        assert (crashed.status_code, list(crashed.json())) == (500, ["error"])
        moments += [0] * 100
        assert x.get(f"{USERS}/orbitdesk/by_username").status_code == 200
    assert "pop from empty list" in capsys.readouterr().err


def test_many_at_once_lose_nothing(x: httpx.Client) -> None:
    def grow_and_read(_: int) -> int:
        order(x, "grow", handle="orbitdesk", count=1)
        return len(follower_ids(x))

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(grow_and_read, range(24)))
    assert max(seen) == 154
    assert len(set(follower_ids(x))) == 154


def test_a_stopped_server_ends_its_connections() -> None:
    server = serve(world_of(3))
    with client(server.url) as x:
        assert x.get("/v1/twitter/health").status_code == 200
        server.stop()
        with pytest.raises(httpx.TransportError):
            x.get("/v1/twitter/health")


def test_the_command_serves_a_file_and_remembers_over_a_restart(tmp_path: Path) -> None:
    world, state = tmp_path / "people.jsonl", tmp_path / "state.json"
    world.write_text("".join(json.dumps(row(number)) + "\n" for number in range(80)))
    options = ("--world", world, "--state", state, "--growth-seconds", 0, "--page-size", 20)
    with process(*options) as x:
        assert len(follower_ids(x)) == 78
        assert len(x.get(f"{USERS}/orbitdesk/followers").json()["data"]) == 20
        order(x, "grow", handle="orbitdesk", count=5)
        before = follower_ids(x)
    with process(*options) as x:
        assert follower_ids(x) == before
        assert len(before) == 83
