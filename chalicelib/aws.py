"""AWS clients: one session for all of them, each client made on first use."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session
from botocore.utils import EVENT_ALIASES

from chalicelib.settings import settings

SERVICES = ("dynamodb", "s3", "scheduler", "secretsmanager", "ses", "sqs")
"""The services that ctgo calls."""

_SIGN_IN = ("signin", "sso", "sso-oidc", "sts")
"""What botocore itself calls for the credentials of a profile, on an operator's machine."""

_OWN: dict[str, dict[str, Any]] = {
    # The region's own endpoint, everywhere alike, and links signed as every region takes them.
    "s3": {"s3": {"us_east_1_regional_endpoint": "regional"}, "signature_version": "s3v4"}
}
"""What only one service's client is told."""

_USER_AGENT = "ctgo/2"
"""Without it botocore puts its own together anew for each call: a fourteenth of a call's CPU."""

_lock = threading.Lock()
_clients: dict[str, Any] = {}


def _partition(name: str, suffix: str, regions: str) -> dict[str, Any]:
    return {
        "partition": name,
        "partitionName": name,
        "dnsSuffix": suffix,
        "regionRegex": rf"^({regions})\-\w+\-\d+$",
        "defaults": {
            "hostname": "{service}.{region}.{dnsSuffix}",
            "protocols": ["https"],
            "signatureVersions": ["v4"],
        },
        "regions": {},
        "services": {},
    }


_PARTITIONS = {
    "version": 3,
    "partitions": [
        _partition("aws", "amazonaws.com", "us|eu|ap|sa|ca|me|af|il|mx"),
        _partition("aws-cn", "amazonaws.com.cn", "cn"),
        _partition("aws-us-gov", "amazonaws.com", "us\\-gov"),
    ],
}
"""All that a client of ours asks botocore's own list of endpoints for: a megabyte of JSON. Where a
service is to be found, its rule set says."""


class _OurServices(Loader):  # type: ignore[misc]  # botocore is untyped
    """Loads what our services need, and does not look at the 440 others: 25 ms of start-up."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
        """What botocore may make clients of."""
        return [*SERVICES, *_SIGN_IN]

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """A data file and where it was found."""
        if name == "endpoints":
            return _PARTITIONS, __file__
        found: tuple[Any, str] = super().load_data_with_path(name)
        return found


_OUR_EVENTS = frozenset(
    {*SERVICES, *_SIGN_IN, *(EVENT_ALIASES.get(service, service) for service in SERVICES)}
)


class _OurEvents(Session):  # type: ignore[misc]  # botocore is untyped
    """Leaves out what botocore does for other services and for documentation: 3 ms of start-up."""

    def register(self, event_name: str, handler: Any, *unique: Any, **options: Any) -> None:
        """Have `handler` called at events such as `before-call` or `before-sign.s3.GetObject`."""
        kind, _, rest = event_name.partition(".")
        service = rest.partition(".")[0]
        if kind != "docs" and (not service or service in _OUR_EVENTS):
            super().register(event_name, handler, *unique, **options)


@cache
def session() -> Session:
    """The session of this process: what it has loaded serves every client."""
    made = _OurEvents()
    made.register_component("data_loader", _OurServices())
    made.set_default_client_config(Config(user_agent=_USER_AGENT))
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
                    **_OWN.get(service, {}),
                ),
            )
        return _clients[service]
