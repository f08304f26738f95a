"""Before each event: secrets that were rotated take effect, in the settings and in the clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chalicelib.settings import ONE_MACHINE, settings

_E = TypeVar("_E")
_R = TypeVar("_R")


def up_to_date(event: _E, get_response: Callable[[_E], _R]) -> _R:
    """Chalice's middleware for every kind of function. Costs nothing where no store is named.

    Raises SettingsInvalid where others would be served with secrets that are public.
    """
    current = settings()
    if current.secrets:
        from chalicelib import secret_settings

        if secret_settings.renew():
            from chalicelib import wiring

            wiring.rebuild()
    elif current.stage not in ONE_MACHINE:
        current.refuse_built_in()
    return get_response(event)
