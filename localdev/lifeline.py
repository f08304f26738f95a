"""Runs a module that ends when its parent does: `python -P lifeline.py MODULE ARGUMENT...`.

Standard input is a pipe whose writing end only the parent holds. However the parent ends, even
by SIGKILL, the pipe closes, and this process sends itself the SIGTERM of an orderly stop. It is
started by path, with -P, so that it also works in the interpreter of another environment and puts
none of our modules in the way of that environment's own.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def follow_parent() -> None:
    """Send this process SIGTERM as soon as standard input ends."""
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    # os.read and not sys.stdin: a thread blocked inside sys.stdin makes the interpreter abort
    # when it shuts down.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    follow_parent()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
