"""Child processes end with their parent, and come back when they die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localdev import environment, locks, ministack, ports
from localdev.children import Child
from localdev.supervisor import Supervisor
from localdev.waiting import until

SERVER = ["http.server", "--bind", "127.0.0.1"]


def web_server(tmp_path: Path, port: int, **changes: object) -> Child:
    return Child(
        "web", [*SERVER, str(port)], log=tmp_path / "web.log", env=environment.isolated(), **changes
    )  # type: ignore[arg-type]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A process whose parent died may wait to be reaped; it runs no more.
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_child_runs_logs_and_ends(tmp_path: Path) -> None:
    port = ports.free_port()
    child = web_server(tmp_path, port)
    child.start()
    until(lambda: ports.is_open(port), seconds=30, what="the server")
    assert child.alive
    child.stop()
    assert (child.alive, child.pid, child.exit_status) == (False, None, -signal.SIGTERM)
    assert not ports.is_open(port)


def test_a_child_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    stubborn = tmp_path / "stubborn.py"
    stubborn.write_text(
        "import signal, threading\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "threading.Event().wait()\n"
    )
    env = environment.isolated() | {"PYTHONPATH": str(tmp_path)}
    log = tmp_path / "stubborn.log"
    child = Child("stubborn", ["stubborn"], log=log, env=env, kill_after=0.2)
    child.start()
    until(lambda: "deaf" in child.last_lines(), seconds=30, what="the child")
    child.stop()
    assert child.exit_status == -signal.SIGKILL


PARENT = """
import sys, threading
from pathlib import Path
from localdev import environment, ministack
from localdev.children import Child

folder, port, web_port = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
aws = ministack.child(port, log=folder / "aws.log", state_dir=folder / "aws")
aws.start()
ministack.wait_until_healthy(port, aws)
web = Child("web", ["http.server", web_port], log=folder / "web.log", env=environment.isolated())
web.start()
print(aws.pid, web.pid, flush=True)
threading.Event().wait()
"""


def test_children_end_when_their_parent_is_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    port, web_port = ports.free_port(), ports.free_port()
    command = [sys.executable, "-c", PARENT, str(tmp_path), str(port), str(web_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment.isolated()) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        sqs = environment.client("sqs", f"http://127.0.0.1:{port}")
        sqs.create_queue(QueueName="kept")
        parent.kill()
    for pid in pids:
        until(lambda pid=pid: gone(pid), seconds=30, what=f"the end of {pid}")  # type: ignore[misc]

    again = ministack.child(port, log=tmp_path / "aws.log", state_dir=tmp_path / "aws")
    again.start()
    ministack.wait_until_healthy(port, again)
    urls = sqs.list_queues()["QueueUrls"]
    again.stop()
    assert [url.rpartition("/")[2] for url in urls] == ["kept"]
    assert again.exit_status == 0


def test_a_lock_passes_on_when_its_holder_ends(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    first = web_server(tmp_path, ports.free_port(), lock=lock)
    first.start()
    with pytest.raises(TimeoutError, match=r"x\.lock"), locks.held(lock, seconds=0):
        pass
    first.stop()
    with locks.held(lock, seconds=30):
        pass


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    child = web_server(tmp_path, ports.free_port())
    supervisor.start(child)
    supervisor.watch()
    first = child.pid
    child.send(signal.SIGKILL)
    until(lambda: child.pid not in (None, first), seconds=30, what="the second life")
    supervisor.stop()
    assert not child.alive
    assert "status -9" in said[0]
    assert supervisor.broken is None


def test_the_pauses_grow_while_a_child_keeps_dying(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    log = tmp_path / "broken.log"
    supervisor.start(Child("broken", ["no_such_module"], log=log, env=environment.isolated()))
    supervisor.watch()
    until(lambda: len(said) == 2, seconds=30, what="two deaths")
    supervisor.stop()
    assert "again in 0.2 s" in said[0]
    assert "again in 0.4 s" in said[1]
    assert "No module named no_such_module" in said[0]


def test_an_essential_child_is_not_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor(print)
    child = web_server(tmp_path, ports.free_port())
    supervisor.start(child, essential=True)
    supervisor.watch()
    child.send(signal.SIGKILL)
    until(lambda: supervisor.broken, seconds=30, what="the news")
    assert "web ended with status -9" in str(supervisor.broken)
    supervisor.stop()
    assert not child.alive


def test_two_that_install_at_once_do_not_meet() -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: ministack.install(), range(2))
    assert first == second
    assert Path(first).exists()


def test_a_free_port_is_the_preferred_one_unless_it_is_taken() -> None:
    preferred = ports.free_port()
    assert ports.free_port(preferred) == preferred
    with socket.create_server((ports.HOST, preferred)):
        assert ports.free_port(preferred) != preferred


def test_a_free_port_is_kept_for_a_server() -> None:
    """Two servers that start at once, or a client's connection, do not meet on one port."""
    port = ports.free_port()
    with socket.socket() as anybody, pytest.raises(OSError, match="in use"):
        anybody.bind((ports.HOST, port))
    with socket.create_server((ports.HOST, port)):
        assert ports.is_open(port)


def test_waiting_has_an_end() -> None:
    with pytest.raises(TimeoutError, match="a miracle"):
        until(threading.Event().is_set, seconds=0.05, what="a miracle")
