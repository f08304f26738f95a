"""Where a call to the outside is made: to whom, for what, by which handler, at which place."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from localdev.environment import ROOT

_OURS = f"{ROOT / 'chalicelib'}/"
_DOORS = ("aws.py", "db.py", "mail.py", "queues.py", "telemetry.py", "upstreams/", "open_web/")
"""Modules that make calls for others: who called them is the place."""
_NAMES = re.compile(r"(?<=/users/)[^/]+|(?<=/acts/)[^/]+|(?<=/)(?=[^/]*\d)[^/]{4,}")
"""Parts of a path that name one thing among many."""

_VENDORS = {
    "/v1/twitter/": "scrapebadger",
    "/v5/person/": "pdl",
    "/v2/email-finder": "hunter",
    "/enrich-person": "prospeo",
    "/v2/": "apify",
    "/hooks/": "receiver",
    "/bot": "telegram",
}


class Site(NamedTuple):
    """One call in the code, however often it is made."""

    handler: str
    service: str
    operation: str
    place: str

    def __str__(self) -> str:
        return f"{self.handler}: {self.service} {self.operation} in {self.place}"


def place() -> str:
    """The innermost function of ours on the stack that does more than pass calls on."""
    frame = sys._getframe(1)
    outer = "?"
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(_OURS):
            path = code.co_filename[len(_OURS) :]
            outer = f"{path}:{code.co_qualname.partition('.<')[0]}"
            if not path.startswith(_DOORS):
                return outer
        if frame.f_back is None:
            return outer
        frame = frame.f_back
    return outer


def vendor(path: str) -> tuple[str, str]:
    """Whom a path of an HTTP request belongs to, and the path without names and numbers."""
    name = next((name for start, name in _VENDORS.items() if path.startswith(start)), "http")
    return name, _NAMES.sub("{}", path)
