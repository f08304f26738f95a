"""Where the local world of this checkout is, as `.local/dev.json` has it while it runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from localdev import ports
from localdev.environment import ROOT

HOME = Path(os.environ.get("LOCAL_DIR") or ROOT / ".local")
FACTS = HOME / "dev.json"


class NotRunning(Exception):
    """No local world runs here; says what to do."""

    def __init__(self) -> None:
        super().__init__("no local world runs here: start one with `make dev`")


def read(path: Path = FACTS) -> dict[str, Any]:
    """What the running world said. Raises NotRunning, also when it was killed and left its file."""
    if not path.exists():
        raise NotRunning
    facts: dict[str, Any] = json.loads(path.read_text())
    if not ports.is_open(urlsplit(facts["awsUrl"]).port or 0):
        raise NotRunning
    return facts


def write(facts: dict[str, Any]) -> None:
    """Say where it is; whoever reads meanwhile gets the old text or the new one."""
    draft = FACTS.with_suffix(".new")
    draft.write_text(json.dumps(facts, indent=2) + "\n")
    os.replace(draft, FACTS)


def forget() -> None:
    """Say that there is none."""
    FACTS.unlink(missing_ok=True)
