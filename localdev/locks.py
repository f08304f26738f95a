"""Files that one process at a time holds; the hold ends with the process, however it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from localdev.waiting import until


@contextmanager
def held(path: Path, *, seconds: float) -> Iterator[IO[str]]:
    """Hold `path`, waiting for it up to `seconds`. Raises TimeoutError.

    A child that inherits the file's descriptor holds it on after this context ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        until(lambda: _try(file), seconds=seconds, what=f"{path}, which another process holds")
        yield file


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
