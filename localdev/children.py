"""Child processes: started with a lifeline and a log, stopped in an orderly way."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from localdev import lifeline, locks

LOCK_SECONDS = 30.0


class Child:
    """One Python module running as a process of its own; it ends when this process ends."""

    def __init__(
        self,
        name: str,
        module: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        python: str = sys.executable,
        lock: Path | None = None,
        kill_after: float | None = 10.0,
    ) -> None:
        """`module` is the module and its arguments; `log` takes everything that it prints.

        `lock` is a file that stays locked as long as the process lives, and that `start` waits
        for. `kill_after` seconds after an ignored SIGTERM comes SIGKILL; None never sends it.
        """
        self.name = name
        self.log = log
        self._command = [python, "-P", lifeline.__file__, *module]
        self._env = dict(env)
        self._lock = lock
        self._kill_after = kill_after
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process. Raises TimeoutError when `lock` is not given up in time."""
        self.wait()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self._held_lock() as inherited, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=inherited,
                # Ctrl-C goes to the parent only: it decides the order in which things end.
                start_new_session=True,
            )

    @contextmanager
    def _held_lock(self) -> Iterator[tuple[int, ...]]:
        if self._lock is None:
            yield ()
            return
        with locks.held(self._lock, seconds=LOCK_SECONDS) as file:
            yield (file.fileno(),)

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return self._process.pid if self._process and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """What the process ended with; a negative number is the signal that ended it."""
        return self._process.poll() if self._process else None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it runs."""
        if self._process:
            self._process.send_signal(number)

    def wait(self) -> None:
        """Wait until the process has ended, after `send(SIGTERM)`."""
        if self._process is None:
            return
        try:
            self._process.wait(self._kill_after)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def stop(self) -> None:
        """Ask the process to end, and wait until it has."""
        self.send(signal.SIGTERM)
        self.wait()

    def last_lines(self, count: int = 20) -> str:
        """The end of the log, for people."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
