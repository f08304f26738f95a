"""One emulated AWS per test session, emptied before each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localdev import bootstrap, ministack, ports

TEMPLATE = Path(__file__).parent / "tiny.yaml"


@pytest.fixture(scope="session")
def aws_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = ports.free_port()
    child = ministack.child(port, log=tmp_path_factory.mktemp("ministack") / "ministack.log")
    child.start()
    ministack.wait_until_healthy(port, child)
    yield port
    child.stop()


@pytest.fixture
def aws_url(aws_port: int) -> str:
    """An AWS with nothing in it."""
    ministack.reset(aws_port)
    return f"http://127.0.0.1:{aws_port}"


@pytest.fixture
def tiny_url(aws_url: str) -> str:
    """An AWS with what tiny.yaml declares, without its schedules."""
    bootstrap.deploy(TEMPLATE, "local", aws_url=aws_url)
    return aws_url
