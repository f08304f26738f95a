"""An environment of its own for programs that only check, made when one is first asked for."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

from localdev import locks

ROOT = Path(__file__).resolve().parent.parent
_HOME = ROOT / ".tools" / "checks"
_WANTED = ROOT / "tools" / "checks.txt"


def program(name: str) -> str:
    """The path of a program. Raises CalledProcessError when the package index does not deliver."""
    stamp = _HOME / "installed.txt"
    with locks.held(_HOME.with_suffix(".lock"), seconds=600):
        if not stamp.exists() or stamp.read_text() != _WANTED.read_text():
            print("installing checkov, pip-audit and detect-secrets (once)...")
            venv.create(_HOME, clear=True, with_pip=True)
            pip = [str(_HOME / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", str(_WANTED)], check=True)
            stamp.write_text(_WANTED.read_text())
    return str(_HOME / "bin" / name)
