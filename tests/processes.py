"""What a new process has not got: clients of other systems, and what an old one remembered."""

from __future__ import annotations

import gc
import warnings

from chalicelib import queues, wiring


def start_anew() -> None:
    """Forget what a process keeps in its memory, as a cold start does.

    A process that ends closes none of its connections; they end with it, which is no leak.
    """
    queues.queue_url.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        wiring.rebuild()
        gc.collect()
