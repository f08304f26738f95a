"""The world's memory between two starts: one JSON file, replaced whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def read_state(path: Path) -> dict[str, Any]:
    """What `write_state` wrote last; empty when there is no file. Raises ValueError if not JSON."""
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return stored


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Replace the file in one step: a reader or a crash never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(state), encoding="utf-8")
    draft.replace(path)
