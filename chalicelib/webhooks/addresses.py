"""Which addresses we are willing to call: public ones, over https."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Resolver = Callable[[str], Iterable[str]]

_TRANSLATING = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2002::/16"),
    IPv6Network("2001::/32"),
)
"""NAT64, 6to4 and Teredo: public prefixes that can lead to a private IPv4 address."""


def resolve(host: str) -> list[str]:
    """All addresses of a host name. Raises OSError when it has none."""
    answers = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def is_safe_url(
    url: str, *, resolver: Resolver = resolve, allow_loopback_http: bool = False
) -> bool:
    """Whether this is an https URL whose host has public addresses only.

    `allow_loopback_http` admits http to loopback as well, for work on one machine.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    try:
        addresses = [ip_address(text.partition("%")[0]) for text in resolver(host)]
    except (OSError, ValueError, UnicodeError):
        return False
    if allow_loopback_http and parts.scheme == "http":
        return bool(addresses) and all(address.is_loopback for address in addresses)
    return parts.scheme == "https" and bool(addresses) and all(map(is_public, addresses))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is reachable from anywhere and leads nowhere else."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _TRANSLATING):
            return False
    return address.is_global and not address.is_multicast
