"""Which endpoints the document describes: all of the API but the document's own."""

from __future__ import annotations

from importlib import import_module

from chalicelib.http.router import Endpoint, Router
from chalicelib.rooms import ROOMS, module_of


def endpoints() -> list[Endpoint]:
    """The endpoints of all rooms in the order of the documentation."""
    found = []
    for room, routes in ROOMS.items():
        if room != "docs_site":
            router: Router = import_module(module_of(room)).router
            found += [router.endpoint(route) for route in routes]
    return found
