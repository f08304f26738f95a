"""Domains of people's own sites: what is left when link hubs, networks and mail hosts are not."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/?#@\s]*@)?([^/?#:\s]+)", re.IGNORECASE)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")


def own_domain(url: object) -> str | None:
    """The domain of a URL or bare host, unless it is one that strangers share."""
    found = _HOST.match(url.strip()) if isinstance(url, str) else None
    host = found[1].lower().rstrip(".").removeprefix("www.") if found else ""
    if not _NAME.fullmatch(host) or is_shared(host):
        return None
    return host


def is_shared(host: str) -> bool:
    """Whether many people's pages live at the host, or at a domain that it is a part of."""
    parts = host.split(".")
    return any(".".join(parts[start:]) in _shared() for start in range(len(parts) - 1))


@cache
def _shared() -> frozenset[str]:
    lines = (Path(__file__).parent / "shared_domains.txt").read_text("ascii").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
