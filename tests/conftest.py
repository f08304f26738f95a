"""Fixtures of all tests: emulated AWS, a fake X, the API in this process, a hand on the queues."""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest

from localdev import environment, ports
from localdev.desk.server import Desk
from localdev.xworld.server import Server, serve
from localdev.xworld.world import XWorld

AWS_PORT = ports.free_port()
X_PORT = ports.free_port()

# The app reads its settings once, when it is first imported; so they are settled before that.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= environment.wired(
    aws_url=f"http://127.0.0.1:{AWS_PORT}",
    scheduler_url=f"http://127.0.0.1:{AWS_PORT}",
    x_world_url=f"http://127.0.0.1:{X_PORT}",
    base_url="http://127.0.0.1/api/v2",
) | {"STAGE": "test", "POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}

from tests.api_client import Api  # noqa: E402
from tests.delivery.hand import DeliverHand  # noqa: E402
from tests.emulators import Empty, on_ministack, on_moto  # noqa: E402
from tests.queue_hand import QueueHand  # noqa: E402
from tests.worlds import a_small_world  # noqa: E402

EMULATORS = {"ministack": on_ministack, "moto": on_moto}


@pytest.fixture(scope="session")
def _emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Empty]:
    chosen = EMULATORS[os.environ.get("AWS_EMULATOR", "ministack")]
    with chosen(AWS_PORT, tmp_path_factory.mktemp("aws")) as empty:
        yield empty


@pytest.fixture
def aws(_emulator: Empty) -> str:
    """An emulated AWS with what infra/resources.yaml declares, and nothing in it."""
    _emulator()
    return f"http://127.0.0.1:{AWS_PORT}"


@pytest.fixture(scope="session")
def _x_server() -> Iterator[Server]:
    # One for the session: the app keeps its connections to X open from test to test.
    with serve(XWorld(a_small_world(), present=1.0), port=X_PORT) as server:
        yield server


@pytest.fixture
def x_world(_x_server: Server) -> Server:
    """A fake X with a small world of known people; `@orbitdesk` has 120 followers."""
    httpx.post(f"{_x_server.url}/_control/reset").raise_for_status()
    return _x_server


@pytest.fixture
def api(aws: str, x_world: Server) -> Iterator[Api]:
    """The API as a subscriber with paid slots of every tier calls it."""
    with Api.for_new_user("noor@orbitdesk.example", subscribed=True) as client:
        yield client


@pytest.fixture
def free_api(aws: str, x_world: Server) -> Iterator[Api]:
    """The API as a free user calls it."""
    with Api.for_new_user("free@example.org", subscribed=False) as client:
        yield client


@pytest.fixture
def queues(aws: str) -> QueueHand:
    """Hands messages to their handlers, one after another, when a test says so."""
    return QueueHand()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Receivers of webhooks over HTTP."""
    with Desk() as running:
        yield running


@pytest.fixture
def hand(aws: str) -> DeliverHand:
    """A hand on the deliver queue."""
    return DeliverHand()
