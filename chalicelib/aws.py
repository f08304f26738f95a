"""Clients of AWS services other than DynamoDB: one session, each client made on first use."""

from __future__ import annotations

import threading
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

from chalicelib.settings import settings

_lock = threading.Lock()
_session: Session | None = None
_clients: dict[str, Any] = {}


def client(service: str) -> Any:
    """The client of an AWS service; threads may share it. Endpoints are the SDK's own matter."""
    global _session  # noqa: PLW0603 - one session per process, made on first use
    with _lock:
        if service not in _clients:
            _session = _session or get_session()
            _clients[service] = _session.create_client(
                service,
                region_name=settings().aws_region,
                config=Config(
                    connect_timeout=3,
                    read_timeout=25,
                    retries={"total_max_attempts": 4, "mode": "standard"},
                    max_pool_connections=32,
                ),
            )
        return _clients[service]
