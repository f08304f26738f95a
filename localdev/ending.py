"""Ends a process in order at the first signal: `python -m localdev.ending MODULE ARGUMENT...`.

Run through this module, a program ends without a traceback also while it still imports.
"""

from __future__ import annotations

import runpy
import signal
import sys
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def at_first_signal(status: int | None = None) -> None:
    """Leave at Ctrl-C and its like with `status`; without one, with what shells say for it."""

    def end(number: int, _: object) -> NoReturn:
        # Once is enough: a second Ctrl-C must not break off the orderly end.
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number if status is None else status)

    for number in SIGNALS:
        signal.signal(number, end)


if __name__ == "__main__":
    at_first_signal()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
