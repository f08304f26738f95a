"""AWS clients: one session for all of them, each client made on first use."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session, get_session

from chalicelib.settings import settings

SERVICES = ("dynamodb", "scheduler", "ses", "sqs")
"""The services that ctgo calls."""

_lock = threading.Lock()
_clients: dict[str, Any] = {}


class _OurServices(Loader):  # type: ignore[misc]  # botocore is untyped
    """Knows our services without looking into the 440 folders of all others: 25 ms of start-up."""

    def list_available_services(self, type_name: str) -> list[str]:
        """What botocore may make clients of."""
        if type_name != "service-2":
            return list(super().list_available_services(type_name))
        return list(SERVICES)


@cache
def session() -> Session:
    """The session of this process: what it has loaded serves every client."""
    made = get_session()
    made.register_component("data_loader", _OurServices())
    return made


def client(service: str) -> Any:
    """The client of an AWS service; threads may share it. Endpoints are the SDK's own matter."""
    with _lock:
        if service not in _clients:
            _clients[service] = session().create_client(
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
