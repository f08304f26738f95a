"""Which addresses we are willing to call: public ones over https.

A name is judged by what it resolves to, so a host written as one decimal or octal number is judged
as the address that it stands for.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

Resolver = Callable[[str], Iterable[str]]
Address = IPv4Address | IPv6Address


class Unsafe(Exception):
    """The address is not one that we call; nothing was sent to it."""


_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only IPv6 addresses that are handed out to the public (RFC 4291). Outside of it are also
NAT64's prefixes, addresses with an IPv4 one inside, and site-local ones."""
_NOT_OURS_TO_CALL = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
)
"""IETF protocols with Teredo, documentation, 6to4, documentation; IETF protocols, 6to4 relays:
those that lead elsewhere or to nobody although `ipaddress` may call them global."""


def resolve(host: str) -> list[str]:
    """All addresses of a host name. Raises OSError when it has none."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def is_public(address: Address) -> bool:
    """Whether an address is reachable from anywhere and leads nowhere else."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST:
            return False
    if any(address in network for network in _NOT_OURS_TO_CALL):
        return False
    return address.is_global and not address.is_multicast


def checked(
    scheme: str,
    host: str,
    *,
    resolver: Resolver,
    allow_loopback_http: bool,
    is_called: Callable[[Address], bool] = is_public,
) -> list[Address]:
    """The addresses of a host, where all of them may be called. Raises Unsafe.

    `allow_loopback_http` admits http to loopback as well, for work on one machine; `is_called` says
    of an address whether https goes there.
    """
    try:
        addresses = [ip_address(text.partition("%")[0]) for text in resolver(host)]
    except (OSError, ValueError, UnicodeError):
        raise Unsafe(f"{host} has no address") from None
    if scheme == "https":
        is_safe = all(map(is_called, addresses))
    else:
        is_safe = allow_loopback_http and all(address.is_loopback for address in addresses)
    if not addresses or not is_safe:
        raise Unsafe(f"{host} is no public address")
    return addresses


def target_of(url: str) -> httpx.URL:
    """A URL as it is called, wherever it leads. Raises Unsafe for one that is never called.

    Who accepts a URL and who calls it read it here, so that what was accepted can be called.
    """
    # Imported when the first URL comes: most calls of the API bring none.
    import httpx

    try:
        target, written = httpx.URL(url), urlsplit(url)
        is_sound = written.port != 0 and written.username is None
    except (httpx.InvalidURL, ValueError) as fault:
        raise Unsafe(str(fault)) from None
    if target.scheme not in ("https", "http") or not target.raw_host:
        raise Unsafe(f"{target.scheme or 'no scheme'} is not called")
    if not is_sound or any(character.isspace() for character in url):
        raise Unsafe("a URL with a user's name, a blank or port 0 is not called")
    return target


def is_safe_url(
    url: str, *, resolver: Resolver = resolve, allow_loopback_http: bool = False
) -> bool:
    """Whether this is an https URL without a password, whose host has public addresses only."""
    try:
        target = target_of(url)
        checked(
            target.scheme,
            target.raw_host.decode(),
            resolver=resolver,
            allow_loopback_http=allow_loopback_http,
        )
    except Unsafe:
        return False
    return True
