"""MiniStack, the emulated AWS: installed into an environment of its own, run as a loopback child.

`python -m localdev.ministack install` needs Python and a package index, nothing else. The
environment is its own because MiniStack pins botocore, which would hold back ours.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from localdev import locks
from localdev.children import Child
from localdev.ports import HOST
from localdev.waiting import until

REQUIREMENTS = ("ministack==1.5.33", "cryptography", "aws-sam-translator")
HOME = Path(__file__).resolve().parent.parent / ".tools" / "ministack"
INSTALL_SECONDS = 600.0
"""How long a second installer waits for the first."""
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
KEY = "local"
"""Key id and secret: links to files are signed with them, and it checks these."""


def install(home: Path = HOME) -> str:
    """Make the environment unless it is there, and return its interpreter.

    Two that install at once do not meet: the second waits and finds it done. Raises
    subprocess.CalledProcessError when the package index does not deliver.
    """
    python = home / "bin" / "python"
    stamp = home / "installed.txt"
    wanted = "\n".join(REQUIREMENTS)
    with locks.held(home.with_suffix(".lock"), seconds=INSTALL_SECONDS):
        if not python.exists() or not stamp.exists() or stamp.read_text() != wanted:
            venv.create(home, clear=True, with_pip=True)
            # One command: a second one would move botocore off MiniStack's pin.
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *REQUIREMENTS], check=True)
            stamp.write_text(wanted)
    return str(python)


def child(
    port: int, *, log: Path, state_dir: Path | None = None, python: str | None = None
) -> Child:
    """The emulator as a process to be started; it keeps its data in `state_dir`, or nowhere.

    It writes its data only when it ends in order, so it is never killed, and a second one waits
    until the first has let go of `state_dir`.
    """
    scratch = state_dir / "scratch" if state_dir else Path(tempfile.gettempdir())
    scratch.mkdir(parents=True, exist_ok=True)
    env = {
        "PATH": os.environ.get("PATH", ""),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "TMPDIR": str(scratch),
        # Listeners and a container reaper that we have no use for.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        "LOG_LEVEL": "WARNING",
    }
    if state_dir:
        env |= {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state_dir),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state_dir / "s3"),
        }
    return Child(
        "ministack",
        ["ministack"],
        log=log,
        env=env,
        python=python or install(),
        lock=lock_of(state_dir) if state_dir else None,
        kill_after=None,
    )


def lock_of(state_dir: Path) -> Path:
    """The file that a running emulator holds, so that its data has one writer."""
    return state_dir.with_suffix(".lock")


def wait_until_healthy(port: int, process: Child, *, seconds: float = 60.0) -> None:
    """Return once the emulator answers. Raises RuntimeError with its last lines if it ended."""

    def answers() -> bool:
        if not process.alive:
            raise RuntimeError(f"MiniStack did not start:\n{process.last_lines()}")
        return _status("GET", port, "/_ministack/health") == 200

    until(answers, seconds=seconds, what="MiniStack")


def reset(port: int) -> None:
    """Forget everything, as tests want it. Raises RuntimeError when refused."""
    status = _status("POST", port, "/_ministack/reset")
    if status != 200:
        raise RuntimeError(f"reset answered {status}")


def _status(method: str, port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        raise SystemExit("usage: python -m localdev.ministack install")
    print(f"MiniStack is in {Path(install()).parent.parent}")
